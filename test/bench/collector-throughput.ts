import { startFakeClickHouse } from '#test/edge/fake-clickhouse.ts'
import { startTestEdge } from '#test/fixture/edge.ts'
import { startBareWorker } from './bare-worker.ts'
import type { Report } from './figure.ts'
import { httpLoad, type LoadResult } from './http-load.ts'
import { median } from './median.ts'
import { cpuMilliseconds } from './process-use.ts'
import { sampleBatches, sampleEvent } from './sample-event.ts'

/** Rounds of the comparison; bare and collector take turns, because a small machine is never quiet for long. */
const rounds = 5
const seconds = 3

interface Turn {
  bare: number
  durable: LoadResult
  /** Milliseconds of CPU a request. */
  cpu: number | undefined
}

/**
 * What the collector takes, its flushes included, to a warehouse that only answers: the warehouse has figures of its own.
 * @returns requests a second of one event each, and what requests of one event and of a hundred take of the CPU
 */
export async function throughput(
  report: Report,
  signal: AbortSignal,
): Promise<{ perSecond: number; cpu: { single: number; hundred: number } | undefined }> {
  const fake = await startFakeClickHouse(({ response }) => response.end(''))
  const edge = await startTestEdge({ warehouse: fake.address })
  const bare = await startBareWorker()
  const headers = { authorization: `Basic ${btoa(`${edge.writeKey('web')}:`)}` }
  const turns = async (path: string, bodies: string[], connections: number): Promise<Turn[]> => {
    const done: Turn[] = []
    for (let round = 0; round <= rounds; round++) {
      const load = { headers, bodies, connections, seconds }
      const plain = await httpLoad({ ...load, url: bare.url + path }, signal)
      const before = cpuMilliseconds(edge.workerPid)
      const durable = await httpLoad({ ...load, url: edge.url + path }, signal)
      const after = cpuMilliseconds(edge.workerPid)
      if (durable.failures > 0) throw new Error(`${durable.failures} requests were not answered 200`)
      const cpu = before === undefined || after === undefined ? undefined : (after - before) / durable.requests
      // The first round warms both up.
      if (round > 0) done.push({ bare: plain.perSecond, durable, cpu })
    }
    return done
  }
  try {
    const singles = Array.from({ length: 2000 }, (_, index) => JSON.stringify(sampleEvent(index)))
    const single = await turns('/v1/track', singles, 64)
    const perSecond = median(single.map(({ durable }) => durable.perSecond))
    const plain = median(single.map((turn) => turn.bare))
    const ratio = median(single.map((turn) => turn.durable.perSecond / turn.bare))
    report({
      name: 'durable single event',
      value: perSecond,
      unit: 'requests/s',
      against: `bare parse-and-reply Worker ${Math.round(plain)} requests/s, median of ${rounds} turns`,
      ratio,
      goal: '≥ 0.6',
      pass: ratio >= 0.6,
    })
    const p99 = median(single.map(({ durable }) => durable.p99))
    report({ name: 'durable single event, p99', value: p99, unit: 'ms', against: '64 connections, closed loop' })

    const hundred = await turns('/v1/batch', sampleBatches(100, 100), 8)
    const batchRatio = median(hundred.map((turn) => turn.durable.perSecond / turn.bare))
    report({
      name: 'durable events in batches of 100',
      value: median(hundred.map(({ durable }) => durable.perSecond)) * 100,
      unit: 'events/s',
      against: `bare Worker that parses and writes them ${Math.round(median(hundred.map((turn) => turn.bare)) * 100)} events/s, median of ${rounds} turns`,
      ratio: batchRatio,
      goal: '≥ 0.4',
      pass: batchRatio >= 0.4,
    })
    return { perSecond, cpu: cpuOf(single, hundred) }
  } finally {
    await bare.stop()
    await edge.stop()
    await fake.close()
  }
}

function cpuOf(single: readonly Turn[], hundred: readonly Turn[]): { single: number; hundred: number } | undefined {
  const known = (turns: readonly Turn[]) => turns.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]))
  return known(single).length === 0 ? undefined : { single: median(known(single)), hundred: median(known(hundred)) }
}
