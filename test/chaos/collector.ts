import { setTimeout as sleep } from 'node:timers/promises'
import { toTool } from '#test/fixture/event-tool.ts'
import type { Case, Counts } from './case.ts'
import { countEvents } from './collector-count.ts'
import { fillDisk, type FullDisk } from './collector-disk.ts'
import { type CollectorLoad, startCollectorLoad } from './collector-load.ts'
import { hookPath, type Rig, startRig } from './collector-rig.ts'
import { type CountingTool, type Health, startCountingTool } from './collector-tool.ts'
import { Lag } from './lag.ts'

/*
 * The collector under load, with the real warehouse and four destinations of which three are ill: first the lag of the one that
 * is well, against what it is when all are; then kills (kill -9) of collector and warehouse; then a long outage of the
 * warehouse, and a disk that is full meanwhile. It holds the promises "200 means durable", "visible once" and "a destination
 * that is ill is nobody else's trouble" to account.
 */

const names = ['well', 'slow', 'half', 'down'] as const
type Name = (typeof names)[number]
type Tools = Record<Name, CountingTool>

const ill: Record<Name, Health> = { well: 'well', slow: 'slow', half: 'half-dead', down: 'down' }
/** How long the lag is measured at a time, and how often each way; in turns, since a machine has others to serve too. */
const measured = { milliseconds: 15_000, times: 3 }
/** How long everything may stand still before the end, in milliseconds. */
const patience = 120_000

export const run: Case['run'] = async ({ rounds = 100, outageMinutes = 10, progress, signal }) => {
  const tools = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await startCountingTool()]))) as Tools
  const rig = await startRig([
    toTool('well', tools.well),
    // It takes 100 events in 2 s, so it gets what it can keep up with.
    toTool('slow', tools.slow, { types: ['page'] }, { timeout: 10 }),
    toTool('half', tools.half),
    toTool('down', tools.down),
  ])
  let disk: FullDisk | undefined
  try {
    const load = startCollectorLoad({
      url: () => rig.edge.url,
      writeKey: rig.edge.writeKey('web'),
      hookPath,
      senders: 4,
      rest: 40,
      signal,
    })
    const lag = await measureLag(tools, load, progress)
    turn(tools, ill)
    const kills = await killInTurns(rig, load, rounds, progress, signal)
    await rig.warehouseDown()
    progress(`The warehouse is away for ${outageMinutes} minutes.`)
    const back = Date.now() + outageMinutes * 60_000
    disk = await fillDisk(rig.warehouse, progress, signal)
    if (disk === undefined) progress('No disk can be mounted here: the full disk is left out.')
    while (Date.now() < back && !signal.aborted) {
      await sleep(Math.min(60_000, back - Date.now()), undefined, { signal })
      const { spool } = await rig.edge.metrics()
      progress(`${accepted(load)} events accepted; ${spool.events} wait for the warehouse.`)
    }
    await rig.warehouseUp()
    turn(tools, { well: 'well', slow: 'well', half: 'well', down: 'well' })
    await load.stop()
    progress(`${accepted(load)} events accepted. The warehouse is back and all destinations are well.`)
    await disk?.drain()
    const counts = await settle(rig, tools, load, disk, progress, signal)
    return { ...counts, ...kills, ...lag, broken: [...counts.broken, ...slower(lag)] }
  } finally {
    await disk?.stop()
    await rig.stop()
    await Promise.all(names.map((name) => tools[name].stop()))
  }
}

function turn(tools: Tools, healths: Record<Name, Health>): void {
  for (const name of names) tools[name].health = healths[name]
}

const accepted = ({ acceptedAt }: CollectorLoad) => acceptedAt.reduce((count, at) => count + (at > 0 ? 1 : 0), 0)

/** How long an accepted event takes to the tool that is well, while the others are too, and while they are not. */
async function measureLag(tools: Tools, load: CollectorLoad, progress: (sentence: string) => void) {
  await sleep(3_000)
  const lags = { well: new Lag(), ill: new Lag() }
  const measuring: { into: Lag | undefined } = { into: undefined }
  tools.well.onFirst = (ping) => measuring.into?.add(Date.now() - (load.acceptedAt[ping] || Date.now()))
  for (let time = 0; time < measured.times; time++) {
    for (const state of ['well', 'ill'] as const) {
      turn(tools, state === 'well' ? { well: 'well', slow: 'well', half: 'well', down: 'well' } : ill)
      await sleep(2_000)
      measuring.into = lags[state]
      await sleep(measured.milliseconds)
      measuring.into = undefined
    }
  }
  const { well, ill: sick } = lags
  progress(
    `From 200 to the tool: p50 ${well.at(0.5)} ms, p99 ${well.at(0.99)} ms while all are well; ${sick.at(0.5)} ms, ${sick.at(0.99)} ms while three are ill.`,
  )
  return {
    lag_samples: well.count + sick.count,
    lag_well_p50: well.at(0.5),
    lag_well_p99: well.at(0.99),
    lag_ill_p50: sick.at(0.5),
    lag_ill_p99: sick.at(0.99),
    lag_ratio_p50: ratio(sick.at(0.5), well.at(0.5)),
    lag_ratio_p99: ratio(sick.at(0.99), well.at(0.99)),
  }
}

/** A busy machine doubles many a time; what makes one destination wait for another does far more (2 s an answer, retries of seconds). */
function slower(lag: { lag_ratio_p50: number; lag_ratio_p99: number }): string[] {
  const { lag_ratio_p50: p50, lag_ratio_p99: p99 } = lag
  return p50 > 2 || p99 > 4 ? [`A destination waits for others that are ill: its lag is ${p50} times as long (p99: ${p99}).`] : []
}

function ratio(a: number, b: number): number {
  return Math.round((a / Math.max(b, 1)) * 100) / 100
}

/** Collector, warehouse, or both at once, by chance but with each at least every third time. */
async function killInTurns(rig: Rig, load: CollectorLoad, rounds: number, progress: (sentence: string) => void, signal: AbortSignal) {
  const kills = { collector: 0, warehouse: 0 }
  for (let round = 1; kills.collector + kills.warehouse < rounds && !signal.aborted; round++) {
    await sleep(Math.random() * 1_500)
    const victim = round % 3 === 0 ? 'both' : round % 3 === 1 ? 'collector' : Math.random() < 0.5 ? 'collector' : 'warehouse'
    const strikes = []
    if (victim !== 'warehouse') strikes.push(rig.strikeEdge())
    if (victim !== 'collector') strikes.push(rig.warehouseDown().then(() => rig.warehouseUp()))
    await Promise.all(strikes)
    if (victim !== 'warehouse') kills.collector++
    if (victim !== 'collector') kills.warehouse++
    if (round % 10 === 0)
      progress(`${kills.collector} kills of the collector, ${kills.warehouse} of the warehouse; ${accepted(load)} events accepted.`)
  }
  return { kills: kills.collector + kills.warehouse, collector_kills: kills.collector, warehouse_kills: kills.warehouse }
}

async function settle(
  rig: Rig,
  tools: Tools,
  load: CollectorLoad,
  disk: FullDisk | undefined,
  progress: (sentence: string) => void,
  signal: AbortSignal,
): Promise<Counts> {
  const wanted = load.acceptedAt.flatMap((at, ping) => (at > 0 ? [ping] : []))
  const wantedBy = (name: Name) => (name === 'slow' ? wanted.filter((ping) => load.kindOf[ping] === 'page') : wanted)
  const missing = () => names.map((name) => wantedBy(name).filter((ping) => !tools[name].taken[ping]).length)
  await untilStill(async () => {
    const [left, metrics] = [missing(), await rig.edge.metrics()]
    progress(`Still to come: ${left.join(', ')} events at ${names.join(', ')}; ${metrics.spool.events} for the warehouse.`)
    return [...left, metrics.spool.events]
  }, signal)
  const left = missing()
  await rig.edge.flush()
  const metrics = await rig.edge.metrics()
  const events = await countEvents(rig.warehouse, load, disk, signal)
  const broken = [...events.broken]
  for (const [index, name] of names.entries())
    if (left[index]! > 0) broken.push(`The destination ${name} never got ${left[index]} of its events.`)
  const wrong = wanted.filter((ping) => load.kindOf[ping] !== 'page' && tools.slow.taken[ping]).length
  if (wrong > 0) broken.push(`The destination slow got ${wrong} events that are not for it.`)
  const dead = names.reduce((sum, name) => sum + (metrics.destinations[name]?.dead ?? 0), 0)
  if (dead > 0) broken.push(`${dead} events were given up, and none should be.`)
  if (metrics.spool.bytes > 0) broken.push(`${metrics.spool.bytes} bytes stay in the spool that nobody waits for.`)
  if (load.refused.length > 0) broken.push(`The collector refused valid events: ${[...new Set(load.refused)].slice(0, 5).join('; ')}.`)
  if (load.full > 0) broken.push(`The collector answered 503 ${load.full} times though its disk had room.`)
  if (disk !== undefined && disk.full === 0) broken.push('The disk never was full.')
  if (disk !== undefined && !disk.recovered) broken.push('The collector took nothing again once its disk had room.')
  if (disk !== undefined && disk.refused.length > 0) broken.push(`With a full disk, answers other than 503: ${disk.refused[0]}.`)
  const repeats = names.map((name) => [`repeats_${name}`, tools[name].taken.reduce((sum, times) => sum + Math.max(0, times - 1), 0)])
  return {
    ...events,
    kills: 0,
    requests: load.requests,
    repeated_requests: load.repeated,
    ...Object.fromEntries(names.map((name) => [`got_${name}`, wantedBy(name).length - left[names.indexOf(name)]!])),
    ...Object.fromEntries(repeats),
    dead_letters: dead,
    disk_accepted: disk?.accepted.length ?? 'not tried',
    disk_503: disk?.full ?? 'not tried',
    broken,
  }
}

/** Resolves once all are zero, or none has changed for as long as one may wait. */
async function untilStill(read: () => Promise<number[]>, signal: AbortSignal): Promise<void> {
  let last = ''
  let changed = Date.now()
  while (!signal.aborted) {
    const counts = await read()
    if (counts.every((count) => count === 0)) return
    if (String(counts) !== last) changed = Date.now()
    if (Date.now() - changed > patience) return
    last = String(counts)
    await sleep(3_000)
  }
}
