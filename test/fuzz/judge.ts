import { readFileSync } from 'node:fs'
import type { Made } from './request.ts'
import type { Outcome } from './wire.ts'

/** The codes that the collector's README names, by the status they come with; those of single events under 200. */
export const documented: ReadonlyMap<string, number> = new Map(
  readFileSync(new URL('../../edge/README.md', import.meta.url), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const status = /^\| (\d{3})\b/.exec(line)?.[1]
      return status === undefined
        ? []
        : [...line.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code]): [string, number] => [code!, Number(status)])
    }),
)

const pixel = /^\/(?:pixel\/v1|v1\/pixel)\/(?:track|identify|page|screen|group|alias)(?:\?|$)/

/** What is wrong with what came of a request; undefined when nothing is. */
export function fault({ method, target, proper }: Made, outcome: Outcome): string | undefined {
  if (outcome === 'silent') return 'It was not answered in 10 s.'
  // What is no HTTP may be answered by the runtime, in its own words, or be cut off.
  if (!proper) return typeof outcome !== 'string' && outcome.status >= 500 ? `Cut short, it was answered ${outcome.status}.` : undefined
  if (outcome === 'closed') return 'The connection was closed without an answer.'
  const { status, headers, body } = outcome
  if (status >= 500) return `It was answered ${status}: ${body.toString().slice(0, 300)}`
  if (method === 'HEAD' || status < 300 || status === 304) return undefined
  const type = headers.get('content-type')
  if (method === 'GET' && pixel.test(target)) return type === 'image/gif' ? undefined : `A pixel was answered ${status} as ${type}.`
  let code: unknown
  try {
    code = (JSON.parse(body.toString()) as { error?: { code?: unknown } }).error?.code
  } catch {
    return `It was answered ${status} with no JSON: ${body.toString().slice(0, 300)}`
  }
  if (typeof code !== 'string') return `It was answered ${status} without a code: ${body.toString().slice(0, 300)}`
  if (!documented.has(code)) return `The code ${code} is not in edge/README.md.`
  return documented.get(code) === status ? undefined : `The code ${code} came with ${status}; edge/README.md says ${documented.get(code)}.`
}

const ownId = /^fz-\d+-\d+-\d+-\d+$/

/**
 * The events of a request that was answered 200 which have to be in the warehouse, by the messageIds they were given here.
 * Read with JSON.parse, whatever the collector reads it with.
 */
export function keptIds({ method, target, body, proper }: Made, outcome: Outcome): string[] {
  if (typeof outcome === 'string' || outcome.status !== 200 || method !== 'POST' || !proper || !takes.test(target)) return []
  let sent: unknown
  let said: { rejected?: { index: number }[] }
  try {
    sent = JSON.parse(new TextDecoder().decode(body))
    said = JSON.parse(outcome.body.toString()) as typeof said
  } catch {
    return []
  }
  const refused = new Set(said.rejected?.map(({ index }) => index))
  const events = isObject(sent) && isBatch.test(target) && Array.isArray(sent['batch']) ? (sent['batch'] as unknown[]) : [sent]
  const ids = events.flatMap((event, index) => (isObject(event) && !refused.has(index) ? [event['messageId']] : []))
  return ids.filter((id): id is string => typeof id === 'string' && ownId.test(id))
}

/** Paths whose body is in Segment's form. */
const takes =
  /^(?:\/v1\/|\/a\/|\/api\/s\/|\/beacon\/v1\/)(?:s2s\/)?(?:track|identify|page|screen|group|alias|batch|import|[tipsgab])(?:\?|$)/
const isBatch = /\/(?:batch|b|import)(?:\?|$)/

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
