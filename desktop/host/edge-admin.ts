import type { EdgeConfig } from '#core/event/edge-config.ts'
import { type EdgeMetrics, edgeMetricsSchema } from '#core/event/edge-metrics.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { EdgeAddress } from './host-context.ts'

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
