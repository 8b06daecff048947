import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { queryRows } from '#core/warehouse/port.ts'
import { createClickHouse } from '#desktop/host/clickhouse.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse } from '#test/fixture/warehouse.ts'
import { captureSdks } from './capture.ts'
import { fault, keptIds } from './judge.ts'
import { make, type Plan, planArbitrary } from './request.ts'
import { type Outcome, Wire } from './wire.ts'
import { sdkSources, webhookWorld } from './world.ts'

export interface FuzzOptions {
  requests: number
  seed: number
  /** Also what SDKs send from a browser. */
  browsers: boolean
  /** Connections at a time. */
  connections: number
  progress: (sentence: string) => void
}

export interface FuzzCounts {
  requests: number
  samples: number
  /** How many of each: by status, and code where there is one. */
  answers: Record<string, number>
  /** Events answered 200 whose messageId is known here. */
  kept: number
  lost: number
  doubled: number
  /** Rows that passed the collector and that the warehouse would not have. */
  refused_by_warehouse: number
  peak_megabytes: number
  /** What did not hold, each with how to see it again. */
  broken: string[]
}

/** What the collector's process may hold at most, in megabytes: the isolate has 128, and several bodies are on their way at a time. */
const maxMegabytes = 1024

/** The real collector and warehouse against requests that get worse and worse, over keep-alive connections. */
export async function fuzz({ requests, seed, browsers, connections, progress }: FuzzOptions): Promise<FuzzCounts> {
  const warehouse = await startTestWarehouse()
  const webhooks = await webhookWorld()
  const edge = await startTestEdge({
    warehouse,
    sources: [...sdkSources, ...webhooks.sources],
    // Nearly every batch has fields no event had before, and so views to be made anew: large ones leave the machine to the rest.
    settings: { FLUSH_INTERVAL_MS: '5000' },
  })
  const answers: Record<string, number> = {}
  const kept = new Set<string>()
  const broken: string[] = []
  const state = { sent: 0, peak: 0, done: false }
  try {
    const sdks = await captureSdks(edge.url, browsers)
    progress(`${sdks.length} requests of SDKs and ${webhooks.samples.length} of webhooks to begin with. The seed is ${seed}.`)
    const watch = setInterval(() => (state.peak = Math.max(state.peak, megabytesOf(edge.workerPid))), 500)
    const arbitrary = planArbitrary(sdks, webhooks.samples)
    const sender = async (index: number) => {
      const wire = new Wire(edge.port)
      let number = 0
      const send = async (plan: Plan) => {
        const made = make(plan, `fz-${seed}-${index}-${number++}`, edge.adminToken)
        for (let time = 0; time < (plan.twice ? 2 : 1); time++) {
          const outcome = await wire.ask(made.bytes, { headless: made.method === 'HEAD', last: !made.proper })
          const answer = named(outcome)
          answers[answer] = (answers[answer] ?? 0) + 1
          if (++state.sent % 10_000 === 0) progress(`${state.sent} requests; the collector has ${megabytesOf(edge.workerPid)} MB.`)
          const wrong = fault(made, outcome)
          if (wrong !== undefined) throw new Error(wrong)
          for (const id of keptIds(made, outcome)) kept.add(id)
        }
      }
      const result = await fc.check(fc.asyncProperty(arbitrary, send), { numRuns: Math.ceil(requests / connections), seed: seed + index })
      wire.close()
      if (!result.failed) return
      const error = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance)
      broken.push(
        `${error} Seed ${seed}, connection ${index}, path ${result.counterexamplePath}: ${shown(result.counterexample?.[0], edge.adminToken)}`,
      )
    }
    await Promise.all(Array.from({ length: connections }, (_, index) => sender(index)))
    clearInterval(watch)
    if (!isRunning(edge.workerPid)) broken.push('The collector is another process than at the beginning, or none.')
    if (state.peak > maxMegabytes) broken.push(`The collector took ${state.peak} MB; ${maxMegabytes} are the most.`)
    progress(`${state.sent} requests sent, ${kept.size} events to be found.`)
    await edge
      .flush()
      .catch((thrown: unknown) =>
        broken.push(`What is not found is in the spool, for it cannot be flushed: ${String(thrown).slice(0, 1000)}`),
      )
    const found = await countKept(warehouse, kept)
    broken.push(...(await countsDiffer(edge)))
    if (found.lost > 0) broken.push(`${found.lost} events that were answered 200 are not in events.all: ${found.examples.join(', ')}`)
    if (found.refused > 0)
      broken.push(`The warehouse refused ${found.refused} events that the collector had taken: ${found.refusals.join(' | ')}`)
    if (found.doubled > 0) broken.push(`${found.doubled} events are visible twice.`)
    const { lost, doubled, refused } = found
    return {
      requests: state.sent,
      samples: sdks.length + webhooks.samples.length,
      answers,
      kept: kept.size,
      lost,
      doubled,
      refused_by_warehouse: refused,
      peak_megabytes: state.peak,
      broken,
    }
  } finally {
    await edge.stop()
    await warehouse.stop()
  }
}

function named(outcome: Outcome): string {
  if (typeof outcome === 'string') return outcome
  const code = /"code":"([a-z-]+)"/.exec(outcome.body.subarray(0, 200).toString('latin1'))?.[1]
  return outcome.status >= 400 && code !== undefined ? `${outcome.status} ${code}` : String(outcome.status)
}

/** A plan as its bytes, in the form of a shell's `printf`. */
function shown(plan: Plan | undefined, adminToken: string): string {
  if (plan === undefined) return 'no request'
  const { sample: _, ...rest } = plan
  const bytes = Buffer.concat(make(plan, 'fz-0-0-0', adminToken).bytes)
  const text = bytes
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `${JSON.stringify(rest, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)).slice(0, 2000)}\n  ${text.slice(0, 3000)}`
}

/** All that was accepted or rejected has been flushed, no more and no less. */
async function countsDiffer(edge: TestEdge): Promise<string[]> {
  const { sources, spool } = await edge.metrics()
  const differing = Object.entries(sources).filter(([, { accepted, rejected, flushed }]) => accepted + rejected !== flushed)
  return [
    ...(spool.events > 0 ? [`${spool.events} events stay in the spool.`] : []),
    ...(differing.length > 0 ? [`The counts of ${differing.length} sources do not add up: ${JSON.stringify(differing.slice(0, 3))}`] : []),
  ]
}

async function countKept(address: { url: string; user: string; password: string }, kept: ReadonlySet<string>) {
  const warehouse = createClickHouse(address)
  try {
    const rows = await queryRows<{ id: string; copies: string }>(
      warehouse,
      `SELECT message_id AS id, count() AS copies FROM events.all FINAL WHERE startsWith(message_id, 'fz-') GROUP BY id`,
    )
    const copies = new Map(rows.map(({ id, copies }) => [id, Number(copies)]))
    const refused = await queryRows<{ id: string; message: string }>(
      warehouse,
      "SELECT message_id AS id, message FROM events.rejected FINAL WHERE reason = 'warehouse-refused'",
    )
    const aside = new Set(refused.map(({ id }) => id))
    const missing = [...kept].filter((id) => !copies.has(id) && !aside.has(id))
    return {
      lost: missing.length,
      examples: missing.slice(0, 5),
      doubled: [...kept].filter((id) => (copies.get(id) ?? 0) > 1).length,
      refused: refused.length,
      refusals: [...new Set(refused.map(({ message }) => message.slice(0, 400)))].slice(0, 5),
    }
  } finally {
    await warehouse.close()
  }
}

function megabytesOf(pid: number): number {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
  } catch {
    return 0
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
