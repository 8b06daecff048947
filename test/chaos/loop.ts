import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { queryRows } from '#core/warehouse/port.ts'
import { type Demo, prepareDemo, runDemo } from '#desktop/demo/index.ts'
import { writeKeys } from '#desktop/demo/run.ts'
import { profiles } from '#desktop/demo/world/oracle.ts'
import { ordinaryPurchase } from '#desktop/demo/world/purchase.ts'
import { seededRandom } from '#desktop/demo/world/random.ts'
import { createClickHouse } from '#desktop/host/clickhouse.ts'
import type { Case, Counts } from './case.ts'
import { freePorts } from './free-ports.ts'
import { type HostProcess, startHostProcess } from './host-process.ts'
import { type Load, startLoad } from './load.ts'
import { descendants, killHard } from './process-tree.ts'

/*
 * The whole loop under load while its processes are killed (kill -9) at random moments: the collector
 * (workerd, or what starts it), the warehouse, the host with all it started. It holds the promises "200 means
 * durable", "state moves after data" and "the tool has what the trait table says" to account.
 */

type Victim = 'collector' | 'warehouse' | 'host'

const people = 200
/** How long the platform may take to put itself in order after the last kill, in milliseconds. */
const patience = 180_000

export const run: Case['run'] = async ({ rounds = 20, progress, signal }) => {
  const parent = await mkdtemp(join(tmpdir(), 'millrace-chaos-'))
  const folder = join(parent, 'shop')
  await mkdir(join(folder, '.millrace'), { recursive: true })
  const world = { seed: 23, people, now: Date.now() }
  await writeFile(join(folder, '.millrace', 'demo.json'), JSON.stringify({ world, historySent: false, secrets: {} }))
  // Ports of our own, or another collector on this machine might take the usual one while ours is down.
  const [hostPort, collector, warehouse] = await freePorts(3)
  await writeFile(join(folder, '.millrace', 'ports.json'), JSON.stringify({ host: hostPort, collector, warehouse }))
  const demo = await prepareDemo({ folder })
  let host: HostProcess | undefined
  try {
    host = await startHostProcess(folder)
    progress('The shop is set up: traffic, ETL, models, traits, sync.')
    await runDemo(demo, { client: host.client, edgeUrl: host.edgeUrl, signal, onProgress: () => {} })
    const { storefront: writeKey } = await writeKeys(folder)
    const load = startLoad({ edgeUrl: () => host!.edgeUrl, writeKey, senders: 3, signal })
    const kills: Record<Victim, number> = { collector: 0, warehouse: 0, host: 0 }
    const throughSdk: Promise<void>[] = []
    const troubles: string[] = []
    for (let round = 1; round <= rounds && !signal.aborted; round++) {
      throughSdk.push(load.sendThroughSdk(100).catch((error: unknown) => void load.refused.push(reasonOf(error))))
      buySomething(demo, round)
      // Whatever becomes of the run: it is cut short or not, and the next one must make good.
      await host.client.call('run.start', { job: { kind: 'all' }, trigger: 'manual' }).catch(() => {})
      const killed: Victim[] = []
      for (const victim of chooseVictims(round)) {
        await sleep(Math.random() * 2_000)
        host = await strike(victim, host, folder, troubles)
        kills[victim]++
        killed.push(victim)
      }
      await sleep(1_500)
      progress(`Round ${round} of ${rounds}: killed ${killed.join(' and ')}; ${load.accepted.size} events accepted so far.`)
    }
    await load.stop()
    await Promise.all(throughSdk)
    progress('No more kills. Waiting for the spool to empty, then one run of everything.')
    return await settle({ demo, host, load, kills, troubles, progress, signal })
  } finally {
    await host?.stop()
    await demo.stop()
    await rm(parent, { recursive: true, force: true })
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return `through the SDK, ${String(cause)}`
}

/** One a round, each kind in turn so that none is missed; every third round a second one, by chance. */
function chooseVictims(round: number): Victim[] {
  const all: Victim[] = ['collector', 'warehouse', 'host']
  const first = all[round % 3]!
  return round % 3 === 2 ? [first, all[Math.floor(Math.random() * 3)]!] : [first]
}

/** Kills the victim. A host is started again by us, as whoever runs it would; the others it starts again itself. */
async function strike(victim: Victim, host: HostProcess, folder: string, troubles: string[]): Promise<HostProcess> {
  if (victim === 'host') {
    killHard(host.pid)
    await host.exited
    return startHostProcess(folder).catch((error: unknown) => {
      troubles.push(`A host did not start again at once: ${error instanceof Error ? error.message : String(error)}`)
      return startHostProcess(folder)
    })
  }
  const marks =
    victim === 'warehouse'
      ? ['desktop/warehouse/index.ts']
      : Math.random() < 0.5
        ? ['edge/serve/index.ts']
        : ['bin/workerd', 'workerd serve']
  // Just killed and not there again yet: wait for it, or the kill would count for nothing.
  for (;;) {
    const found = (await descendants(host.pid)).filter(({ command }) => marks.some((mark) => command.includes(mark)))
    if (found.map(({ pid }) => killHard(pid)).includes(true)) return host
    await sleep(100)
  }
}

/** New orders at the payments tool: the traits of their buyers change, and the sync has something to send. */
function buySomething(demo: Demo, round: number): void {
  const random = seededRandom(99, round)
  const buyers = demo.world.people.filter((person) => person.userId !== undefined && person.paymentAccounts > 0)
  for (let index = 0; index < 5; index++) {
    const budget = random.between(5_000, 40_000)
    demo.payments.add(random.pick(buyers).number, ordinaryPurchase({ random, at: Date.now(), budget, couponChance: 0.2 }))
  }
}

interface Aftermath {
  demo: Demo
  host: HostProcess
  load: Load
  kills: Record<Victim, number>
  /** What should have gone by itself and did not. */
  troubles: string[]
  progress: (sentence: string) => void
  signal: AbortSignal
}

async function settle({ demo, host, load, kills, troubles, progress, signal }: Aftermath): Promise<Counts> {
  const warehouse = createClickHouse(host.warehouse)
  const broken = [...troubles]
  try {
    const rows = <Row>(sql: string) => queryRows<Row>(warehouse, sql, { signal })
    const copies = await presentEvents(
      load,
      () => rows<{ id: string; copies: string }>('SELECT id, count() AS copies FROM events.chaos_ping GROUP BY id'),
      signal,
    )
    const present = [...load.accepted].filter((id) => copies.has(id)).length
    const doubled = [...copies.values()].filter((count) => count > 1).length
    const attempts = await runUntilDone(host, progress, signal)

    const refused = Object.keys(
      Object.fromEntries(demo.world.people.filter(({ email }) => !email.includes('@')).map(({ userId }) => [userId, 1])),
    )
    const table = await rows<Record<string, unknown>>(
      `SELECT user_id, lower(email) AS email, high_value, orders_last_year, round(coalesce(lifetime_value, 0), 2) AS lifetime_value FROM profiles.users WHERE notEmpty(email)`,
    )
    const tool = demo.analytics.people()
    const truth = profiles(demo.world.people, Date.now())
    const held = table.filter((row) => !refused.includes(String(row['user_id'])))
    const wrong =
      held.filter((row) => !same(row, tool.get(String(row['user_id'])))).length +
      [...tool.keys()].filter((id) => !held.some((row) => row['user_id'] === id)).length
    const untrue = [...truth.values()].filter((row) => !refused.includes(row.user_id) && !same({ ...row }, tool.get(row.user_id))).length
    const [orders] = await rows<{ all: string; ids: string }>('SELECT count() AS all, uniqExact(order_id) AS ids FROM models.orders')
    const bought = demo.world.people.reduce((sum, person) => sum + person.purchases.length, 0)

    if (load.refused.length > 0) broken.push(`The collector refused valid events: ${[...new Set(load.refused)].join(', ')}.`)
    if (wrong > 0) broken.push(`The tool differs from the trait table in ${wrong} people.`)
    if (untrue > 0) broken.push(`The tool differs from the generator's records in ${untrue} people.`)
    if (Number(orders!.all) !== bought || Number(orders!.ids) !== bought)
      broken.push(`${bought} orders were made; the warehouse has ${orders!.all}, ${orders!.ids} different.`)
    const all = Object.values(kills).reduce((sum, count) => sum + count, 0)
    return {
      accepted: load.accepted.size,
      present,
      lost: load.accepted.size - present,
      doubled,
      kills: all,
      collector_kills: kills.collector,
      warehouse_kills: kills.warehouse,
      host_kills: kills.host,
      repeated_requests: load.repeated(),
      orders: bought,
      tool_people: tool.size,
      tool_wrong: wrong,
      final_runs: attempts,
      broken,
    }
  } finally {
    await warehouse.close()
  }
}

/** How often each event is in its view, once all accepted ones are, or nothing more has come for a while. */
async function presentEvents(
  load: Load,
  read: () => Promise<{ id: string; copies: string }[]>,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const deadline = Date.now() + patience
  for (;;) {
    signal.throwIfAborted()
    const copies = await read().then(
      (rows) => new Map(rows.map(({ id, copies }) => [id, Number(copies)])),
      () => new Map<string, number>(),
    )
    if ([...load.accepted].every((id) => copies.has(id)) || Date.now() > deadline) return copies
    await sleep(1_000)
  }
}

/** Runs everything until a run ends well (the tool refuses one person by design, so `partial` is well); returns how many it took. */
async function runUntilDone(host: HostProcess, progress: (sentence: string) => void, signal: AbortSignal): Promise<number> {
  const deadline = Date.now() + patience
  for (let attempt = 1; ; attempt++) {
    const { runId } = await host.client.call('run.start', { job: { kind: 'all' }, trigger: 'manual' })
    for (;;) {
      signal.throwIfAborted()
      await sleep(300)
      const { run, steps } = await host.client.call('run.get', { runId })
      if (run.status === 'queued' || run.status === 'running') continue
      const failed = steps.filter((step) => step.status === 'failed')
      if (failed.length === 0 && run.status !== 'cancelled' && run.status !== 'failed') return attempt
      progress(`The run after the kills ended as ${run.status}: ${run.error?.message ?? failed.map((step) => step.name).join(', ')}`)
      break
    }
    if (Date.now() > deadline) throw new Error('No run of everything ended well after the kills.')
  }
}

/** Numbers come as text from the warehouse where they are 64 bits wide. */
function same(row: Record<string, unknown>, held: Record<string, unknown> | undefined): boolean {
  return held !== undefined && Object.entries(row).every(([name, value]) => String(value) === String(held[name]))
}
