import { MillraceError } from '../lib/error.ts'
import { fail, ok, type Result } from '../lib/result.ts'
import { checkEvent, type CheckOptions, oversize, type RejectReason } from './check.ts'
import type { EdgeTransform } from './edge-config.ts'
import { parseJson } from './parse.ts'
import type { Event } from './schema.ts'
import { type Candidate, ReturnedIds, returnedEvent, shownEvent } from './transform-event.ts'

/**
 * Runs a published transform in a sandbox: takes the JSON of a list of events, and gives what `edge/transform/guest.js`
 * writes, the JSON of `[[index of the event it was made of or null, event], …]`. Fails with `transform-failed` or
 * `transform-timeout`, with the whole story as `cause` (`TransformStory`). Throws `transform-unavailable` when there is no sandbox now.
 */
export type RunTransform = (transform: EdgeTransform, events: string, source: string) => Promise<Result<string>>

/** What only the owner of the transform is told, not the sender. */
export interface TransformStory {
  /** The error and its stack, with the lines of the user's file. */
  story: string
}

/** The transforms of a source, in order, and what runs them. */
export interface TransformChain {
  transforms: readonly EdgeTransform[]
  run: RunTransform
}

interface TransformOptions extends Pick<CheckOptions, 'anonymous'> {
  /** Limit of one event, in bytes of its JSON. */
  maxBytes: number
}

export interface Transformed {
  events: Candidate[]
  rejections: { index: number; error: MillraceError }[]
}

/** Batches that are run again in parts, at most: an event of each part may be the one that fails. */
const maxReruns = 256

/**
 * Takes a batch through the transforms of its source. Where one throws or returns what is no list of events, the batch is
 * halved until the events that do it stand alone; those are rejected, and no others. One that takes too long is not tried
 * again: all events of its batch are rejected. An event is accepted with all that was made of it, or rejected.
 */
export async function transformEvents(batch: Candidate[], chain: TransformChain, options: TransformOptions): Promise<Transformed> {
  const rejected = new Map<number, MillraceError>()
  let events = batch
  for (const transform of chain.transforms) {
    let reruns = maxReruns
    const ids = new ReturnedIds()
    const step = async (part: Candidate[]): Promise<Candidate[]> => {
      const result = await runOn(part, transform, chain.run, ids, options)
      if (result.ok) {
        for (const [index, error] of result.value.rejected) rejected.set(index, error)
        return result.value.events
      }
      if (part.length === 1 || result.error.code === 'transform-timeout' || reruns < 2) {
        for (const { index } of part) rejected.set(index, result.error)
        return []
      }
      reruns -= 2
      const middle = part.length >> 1
      return [...(await step(part.slice(0, middle))), ...(await step(part.slice(middle)))]
    }
    events = events.length === 0 ? [] : (await step(events)).filter(({ index }) => !rejected.has(index))
  }
  return { events, rejections: Array.from(rejected, ([index, error]) => ({ index, error })).toSorted((a, b) => a.index - b.index) }
}

interface Ran {
  events: Candidate[]
  rejected: Map<number, MillraceError>
}

async function runOn(
  part: Candidate[],
  transform: EdgeTransform,
  run: RunTransform,
  ids: ReturnedIds,
  options: TransformOptions,
): Promise<Result<Ran>> {
  const source = part[0]!.event.source
  const answer = await run(transform, JSON.stringify(part.map(({ event }) => shownEvent(event))), source)
  if (!answer.ok) return answer
  const returned = read(answer.value, part, transform)
  if (!returned.ok) return returned
  const ran: Ran = { events: [], rejected: new Map() }
  const limits = { maxBytes: options.maxBytes, bodyBytes: answer.value.length * 3 }
  for (const [candidate, raw] of returned.value.pairs) {
    const checked = checkEvent(raw, { ...options, deep: returned.value.deep })
    const error = checked.ok ? oversize(raw, limits) : checked.error
    if (error !== undefined) ran.rejected.set(candidate.index, invalid(transform, error, raw))
    else if (checked.ok)
      ran.events.push({
        index: candidate.index,
        event: returnedEvent(candidate.event, checked.value, ids.idOf(candidate.event, checked.value)),
      })
  }
  return ok(ran)
}

/** Pairs what was returned with what it was made of. The guest shares its isolate with the user's code, so nothing it says is trusted. */
function read(text: string, part: Candidate[], transform: EdgeTransform): Result<{ pairs: [Candidate, unknown][]; deep: boolean }> {
  const parsed = parseJson(text)
  if (!parsed.ok || !Array.isArray(parsed.value)) return fail(transformFailed(transform, 'What it returned could not be read.'))
  const byId = new Map<unknown, Candidate>()
  const found: [Candidate, unknown][] = []
  for (const [place, pair] of parsed.value.entries()) {
    if (!Array.isArray(pair)) return fail(transformFailed(transform, 'What it returned could not be read.'))
    const [origin, raw] = pair as [unknown, unknown]
    let candidate = typeof origin === 'number' ? part[origin] : undefined
    if (candidate === undefined) {
      if (byId.size === 0) for (const one of part) byId.set(one.event.messageId, one)
      candidate = part.length === 1 ? part[0] : byId.get((raw as Partial<Event> | null)?.messageId)
    }
    if (candidate === undefined) {
      const story = `Event ${place} of the result says not which event it was made of. Make it by copying one: { ...event, … }.`
      return fail(transformFailed(transform, story))
    }
    found.push([candidate, raw])
  }
  return ok({ pairs: found, deep: parsed.deep })
}

/** @param story told to the owner of the transform, not to the sender */
export function transformFailed({ name }: EdgeTransform, story: string): MillraceError {
  return failure('transform-failed', `The transform ${name} failed.`, `${name}: ${story}`)
}

export function transformTimeout({ name }: EdgeTransform, story: string): MillraceError {
  return failure('transform-timeout', `The transform ${name} took too long.`, `${name}: ${story}`)
}

function invalid({ name }: EdgeTransform, { code, message, at }: MillraceError, raw: unknown): MillraceError {
  const story = `${name} returned an event that is refused (${code}): ${message}\n${JSON.stringify(raw)?.slice(0, 1000)}`
  return failure('transform-invalid', `The transform ${name} made an event of it that is not valid.`, story, at)
}

function failure(code: RejectReason, message: string, story: string, at?: MillraceError['at']): MillraceError {
  return new MillraceError({ code, fault: 'config', message, at, cause: { story } satisfies TransformStory })
}

/** What is told to the owner of the transform; to a sender, the message is enough. */
export function storyOf(error: MillraceError): string {
  const story: unknown = (error.cause as Partial<TransformStory> | undefined)?.story
  return typeof story === 'string' ? story : error.message
}
