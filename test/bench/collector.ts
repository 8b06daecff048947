import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Analytics } from '@segment/analytics-node'
import { queryRows } from '#core/warehouse/port.ts'
import { createClickHouse } from '#desktop/host/clickhouse.ts'
import { startFakeClickHouse } from '#test/edge/fake-clickhouse.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse } from '#test/fixture/warehouse.ts'
import { startBareWorker } from './bare-worker.ts'
import type { Report } from './figure.ts'
import { httpLoad } from './http-load.ts'
import { median } from './median.ts'
import { sampleBatches, sampleEvent } from './sample-event.ts'

/** Rounds of the comparison; bare and collector take turns, because a small machine is never quiet for long. */
const rounds = 5
const secondsARound = 3
const connections = 64

export async function run(report: Report, signal: AbortSignal): Promise<void> {
  await requests(report, signal)
  await latency(report, signal)
}

/** What the collector takes, its flushes included, to a warehouse that only answers: the warehouse has figures of its own. */
async function requests(report: Report, signal: AbortSignal): Promise<void> {
  const fake = await startFakeClickHouse(({ response }) => response.end(''))
  const edge = await startTestEdge({ warehouse: fake.address })
  const bare = await startBareWorker()
  const headers = { authorization: `Basic ${btoa(`${edge.writeKey('web')}:`)}` }
  try {
    const bodies = Array.from({ length: 2000 }, (_, index) => JSON.stringify(sampleEvent(index)))
    const pairs: { bare: number; durable: number; failures: number; p99: number }[] = []
    for (let round = 0; round <= rounds; round++) {
      const load = { headers, bodies, connections, seconds: secondsARound }
      const plain = await httpLoad({ ...load, url: `${bare.url}/v1/track` }, signal)
      const durable = await httpLoad({ ...load, url: `${edge.url}/v1/track` }, signal)
      // The first round warms both up.
      if (round > 0) pairs.push({ bare: plain.perSecond, durable: durable.perSecond, failures: durable.failures, p99: durable.p99 })
    }
    const failures = pairs.reduce((sum, pair) => sum + pair.failures, 0)
    if (failures > 0) throw new Error(`${failures} requests were not answered 200`)
    const ratio = median(pairs.map((pair) => pair.durable / pair.bare))
    report({
      name: 'durable single event',
      value: median(pairs.map((pair) => pair.durable)),
      unit: 'requests/s',
      against: `bare parse-and-reply Worker ${Math.round(median(pairs.map((pair) => pair.bare)))} requests/s, median of ${rounds} turns`,
      ratio,
      goal: '≥ 0.6',
      pass: ratio >= 0.6,
    })
    report({
      name: 'durable single event, p99',
      value: median(pairs.map((pair) => pair.p99)),
      unit: 'ms',
      against: `${connections} connections, closed loop`,
    })
    await inBatches({ edge, bare, headers }, report, signal)
  } finally {
    await bare.stop()
    await edge.stop()
    await fake.close()
  }
}

interface Servers {
  edge: TestEdge
  bare: { url: string }
  headers: Record<string, string>
}

async function inBatches({ edge, bare, headers }: Servers, report: Report, signal: AbortSignal): Promise<void> {
  const load = { headers, bodies: sampleBatches(100, 100), connections: 8, seconds: secondsARound }
  const pairs: { bare: number; durable: number }[] = []
  for (let round = 0; round <= rounds; round++) {
    const plain = await httpLoad({ ...load, url: `${bare.url}/v1/batch` }, signal)
    const durable = await httpLoad({ ...load, url: `${edge.url}/v1/batch` }, signal)
    if (durable.failures > 0) throw new Error(`${durable.failures} batches were not answered 200`)
    if (round > 0) pairs.push({ bare: plain.perSecond * 100, durable: durable.perSecond * 100 })
  }
  const ratio = median(pairs.map((pair) => pair.durable / pair.bare))
  report({
    name: 'durable events in batches of 100',
    value: median(pairs.map((pair) => pair.durable)),
    unit: 'events/s',
    against: `bare Worker that parses and writes them ${Math.round(median(pairs.map((pair) => pair.bare)))} events/s, median of ${rounds} turns`,
    ratio,
    goal: '≥ 0.4',
    pass: ratio >= 0.4,
  })
}

/** From the call of the real SDK to the row that a SELECT finds, in the real local warehouse. */
async function latency(report: Report, signal: AbortSignal): Promise<void> {
  const warehouse = await startTestWarehouse()
  const edge = await startTestEdge({ warehouse })
  const client = createClickHouse(warehouse)
  const analytics = new Analytics({ writeKey: edge.writeKey('web'), host: edge.url, flushAt: 1 })
  try {
    const taken: number[] = []
    for (let index = 0; index < 105; index++) {
      signal.throwIfAborted()
      const messageId = `latency-${randomUUID()}`
      const started = performance.now()
      analytics.track({ userId: 'u', event: 'Latency Probe', messageId, properties: { index } })
      const sql = `SELECT count() AS n FROM events.latency_probe WHERE id = '${messageId}'`
      while (!(await found(queryRows<{ n: string }>(client, sql)))) await sleep(10, undefined, { signal })
      taken.push(performance.now() - started)
      // Not in step with the collector's own rhythm.
      await sleep(Math.random() * 200, undefined, { signal })
    }
    // The first ones make the tables and the view.
    const sorted = taken.slice(5).toSorted((a, b) => a - b)
    const p50 = sorted[Math.floor(sorted.length * 0.5)]!
    const p99 = sorted[Math.floor(sorted.length * 0.99)]!
    report({ name: 'SDK call to queryable row, p50', value: p50, unit: 'ms', against: '@segment/analytics-node, local warehouse' })
    report({ name: 'SDK call to queryable row, p99', value: p99, unit: 'ms', against: '@segment/analytics-node, local warehouse' })
  } finally {
    await analytics.closeAndFlush()
    await client.close()
    await edge.stop()
    await warehouse.stop()
  }
}

/** False while the view is not there yet. */
async function found(rows: Promise<{ n: string }[]>): Promise<boolean> {
  const result = await rows.catch(() => [])
  return Number(result[0]?.n ?? 0) > 0
}
