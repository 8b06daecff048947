import type { EdgeMetrics } from '#core/event/edge-metrics.ts'
import { type ErrorData, toMillraceError } from '#core/lib/error.ts'
import { countSynced } from '#core/sync/rejected.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { type ComputedTrait, computedTraits } from '../computed-traits.ts'
import { getEdgeMetrics } from '../edge-admin.ts'
import type { HostContext } from '../host-context.ts'

/** Rates are over the last this many minutes. */
const rateMinutes = 5

export interface Volume {
  total: number
  /** A minute. */
  rate: number
  lastAt?: number | undefined
}

/** What is known of the loop at a moment, from those who know it. What could not be asked is missing, with the reason. */
export interface LoopFacts {
  now: number
  events: Map<string, Volume>
  loads: Map<string, Volume>
  traits: Map<string, ComputedTrait>
  synced: Map<string, { synced: number; rejected: number }>
  warehouseError?: ErrorData
  edge?: EdgeMetrics
  edgeError?: ErrorData
}

export async function readLoopFacts(host: HostContext): Promise<LoopFacts> {
  const facts: LoopFacts = { now: host.clock.now(), events: new Map(), loads: new Map(), traits: new Map(), synced: new Map() }
  // A dead warehouse must not hold up the picture that shows it as dead.
  const signal = AbortSignal.any([host.signal, AbortSignal.timeout(10_000)])
  const askEdge = async () => {
    if (host.edge === undefined) return
    try {
      facts.edge = await getEdgeMetrics(host.edge, { fetch: host.fetch, signal })
    } catch (thrown) {
      facts.edgeError = toMillraceError(thrown).toJSON()
    }
  }
  const ask = async (work: () => Promise<void>) => {
    try {
      await host.tables()
      await work()
    } catch (thrown) {
      facts.warehouseError ??= toMillraceError(thrown).toJSON()
    }
  }
  await Promise.all([
    askEdge(),
    ask(async () => {
      facts.events = await volumes(host, signal, 'received_at', 'count()', 'events.all')
    }),
    ask(async () => {
      facts.loads = await volumes(host, signal, 'at', 'sum(rows)', 'millrace.loads')
    }),
    ask(async () => {
      facts.traits = await computedTraits(host.warehouse, signal)
    }),
    ask(async () => {
      facts.synced = await countSynced({ warehouse: host.warehouse, signal })
    }),
  ])
  return facts
}

async function volumes(host: HostContext, signal: AbortSignal, time: string, measure: string, table: string): Promise<Map<string, Volume>> {
  const recent = measure === 'count()' ? `countIf(${time} > since)` : `sumIf(rows, ${time} > since)`
  const rows = await queryRows<{ source: string; total: string; recent: string; last: string }>(
    host.warehouse,
    `WITH now64(3) - INTERVAL ${rateMinutes} MINUTE AS since
     SELECT source, ${measure} AS total, ${recent} AS recent, toUnixTimestamp64Milli(max(${time})) AS last FROM ${table} GROUP BY source`,
    { signal },
  )
  return new Map(
    rows.map((row) => [row.source, { total: Number(row.total), rate: Number(row.recent) / rateMinutes, lastAt: Number(row.last) }]),
  )
}
