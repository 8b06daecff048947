import { z } from 'zod'
import type { EdgeConfig } from '#core/event/edge-config.ts'
import { type EdgeMetrics, edgeMetricsSchema } from '#core/event/edge-metrics.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { EdgeAddress } from './edge-address.ts'

const refusalSchema = z.object({
  success: z.literal(false),
  error: z.object({ code: z.string(), message: z.string(), mend: z.string().optional(), field: z.string().optional() }),
})

interface Reach {
  fetch: typeof fetch
  signal: AbortSignal
}

/** Tells the collector its sources. Throws `edge-unreachable`, `edge-auth`, `edge-refused`. */
export async function putEdgeConfig(edge: EdgeAddress, config: EdgeConfig, reach: Reach): Promise<void> {
  const response = await request(edge, '/admin/config', reach, { method: 'PUT', body: JSON.stringify(config) }, 30_000)
  if (response.ok) return
  const text = await response.text()
  throw new MillraceError({
    code: 'edge-refused',
    fault: response.status >= 500 ? 'transient' : 'config',
    message: `The collector at ${edge.url} answered ${response.status}: ${text.slice(0, 500)}`,
  })
}

/** Asks an admin route, and reads its answer. Throws as `putEdgeConfig`; what the collector refuses keeps its code. */
export async function askEdge<Answer>(
  edge: EdgeAddress,
  { method, path, body, answer }: { method: string; path: string; body?: object; answer: z.ZodType<Answer> },
  reach: Reach,
): Promise<Answer> {
  const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const response = await request(edge, path, reach, init, 30_000)
  const json: unknown = await response.json().catch(() => undefined)
  const refusal = refusalSchema.safeParse(json)
  if (refusal.success) {
    const { code, message, mend, field } = refusal.data.error
    const at = field === undefined ? undefined : { field }
    throw new MillraceError({ code, fault: response.status >= 500 ? 'transient' : 'config', message, mend, at })
  }
  const parsed = answer.safeParse(json)
  if (parsed.success) return parsed.data
  throw new MillraceError({
    code: 'edge-refused',
    fault: 'system',
    message: `The collector at ${edge.url} answered ${response.status} with something else than was asked for.`,
  })
}

/** What the collector tells of itself. Throws as `putEdgeConfig`. */
export async function getEdgeMetrics(edge: EdgeAddress, reach: Reach): Promise<EdgeMetrics> {
  const response = await request(edge, '/admin/metrics.json', reach, {}, 3000)
  const metrics = edgeMetricsSchema.safeParse(await response.json().catch(() => undefined))
  if (metrics.success) return metrics.data
  throw new MillraceError({
    code: 'edge-refused',
    fault: 'system',
    message: `The collector at ${edge.url} answered ${response.status} without its metrics.`,
  })
}

async function request(edge: EdgeAddress, path: string, reach: Reach, init: RequestInit, timeout: number): Promise<Response> {
  let response: Response
  try {
    response = await reach.fetch(new URL(path, edge.url), {
      ...init,
      headers: { authorization: `Bearer ${edge.adminToken}`, 'content-type': 'application/json' },
      signal: AbortSignal.any([reach.signal, AbortSignal.timeout(timeout)]),
    })
  } catch (cause) {
    throw new MillraceError({
      code: 'edge-unreachable',
      fault: 'transient',
      message: `The collector at ${edge.url} does not answer: ${reason(cause)}.`,
      mend: 'Check that it runs, and edge.url in millrace.yaml.',
      cause,
    })
  }
  if (response.status !== 401 && response.status !== 403) return response
  throw new MillraceError({
    code: 'edge-auth',
    fault: 'config',
    message: `The collector at ${edge.url} refused the admin token.`,
    mend: 'Check edge.admin_token in millrace.yaml.',
  })
}

/** Node's fetch says "fetch failed" and puts what happened into the cause. */
function reason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? thrown.cause.message || thrown.message : thrown.message
}
