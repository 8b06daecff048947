import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Analytics } from '@segment/analytics-node'
import { queryRows } from '#core/warehouse/port.ts'
import { createClickHouse } from '#desktop/host/clickhouse.ts'
import { startTestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse } from '#test/fixture/warehouse.ts'
import type { Report } from './figure.ts'
import { httpLoad } from './http-load.ts'
import { median } from './median.ts'
import { residentMegabytes } from './process-use.ts'
import { sampleEvent } from './sample-event.ts'

/**
 * The collector and the real local warehouse under a steady load: how long it takes from the call of the real SDK to the
 * row that a SELECT finds, and whether the collector's memory grows.
 */
export async function soak(load: { perSecond: number; minutes: number }, report: Report, signal: AbortSignal): Promise<void> {
  const warehouse = await startTestWarehouse()
  const edge = await startTestEdge({ warehouse })
  const client = createClickHouse(warehouse)
  const analytics = new Analytics({ writeKey: edge.writeKey('web'), host: edge.url, flushAt: 1 })
  const probe = async () => {
    const messageId = `latency-${randomUUID()}`
    const started = performance.now()
    analytics.track({ userId: 'u', event: 'Latency Probe', messageId })
    const sql = `SELECT count() AS n FROM events.latency_probe WHERE id = '${messageId}'`
    while (!(await found(queryRows<{ n: string }>(client, sql)))) await sleep(10, undefined, { signal })
    return performance.now() - started
  }
  try {
    // The first ones make the tables and the view.
    for (let index = 0; index < 5; index++) await probe()
    const running = httpLoad(
      {
        url: `${edge.url}/v1/track`,
        headers: { authorization: `Basic ${btoa(`${edge.writeKey('web')}:`)}` },
        // The same over and over: it is all one to the collector, and the warehouse shows each once.
        bodies: Array.from({ length: 2000 }, (_, index) => JSON.stringify(sampleEvent(index))),
        connections: 64,
        seconds: load.minutes * 60,
        rate: load.perSecond,
      },
      signal,
    )
    const taken: number[] = []
    const memory: number[] = []
    const state = { running: true }
    void running.finally(() => (state.running = false)).catch(() => undefined)
    while (state.running) {
      signal.throwIfAborted()
      taken.push(await probe())
      const resident = residentMegabytes(edge.workerPid)
      if (resident !== undefined) memory.push(resident)
      // Not in step with the collector's own rhythm.
      await sleep(200 + Math.random() * 600, undefined, { signal })
    }
    const result = await running
    if (result.failures > 0) throw new Error(`${result.failures} requests were not answered 200`)
    const against = `@segment/analytics-node, local warehouse, beside ${Math.round(result.perSecond)} requests/s for ${load.minutes} minutes`
    const sorted = taken.toSorted((a, b) => a - b)
    for (const [name, share, limit] of [
      ['p50', 0.5, 1000],
      ['p99', 0.99, 3000],
    ] as const) {
      const value = sorted[Math.floor(sorted.length * share)]!
      report({ name: `SDK call to queryable row, ${name}`, value, unit: 'ms', against, goal: `≤ ${limit} ms`, pass: value <= limit })
    }
    reportMemory(memory, report)
  } finally {
    await analytics.closeAndFlush()
    await client.close()
    await edge.stop()
    await warehouse.stop()
  }
}

/** Flat is: the last fifth holds no more than a tenth more than the second fifth did, when everything was warm. */
function reportMemory(memory: readonly number[], report: Report): void {
  const fifth = Math.floor(memory.length / 5)
  if (fifth === 0) return
  const early = median(memory.slice(fifth, 2 * fifth))
  const late = median(memory.slice(-fifth))
  const ratio = late / early
  report({
    name: 'memory of the collector, at the end',
    value: late,
    unit: 'MB',
    against: `${Math.round(early)} MB in the second fifth of the time`,
    ratio,
    goal: '≤ 1.1',
    pass: ratio <= 1.1,
  })
}

/** False while the view is not there yet. */
async function found(rows: Promise<{ n: string }[]>): Promise<boolean> {
  const result = await rows.catch(() => [])
  return Number(result[0]?.n ?? 0) > 0
}
