import type { Job, LoopNode, Run } from '#core/host/contract.ts'
import type { ErrorData } from '#core/lib/error.ts'
import type { Definition, Stack } from '#core/stack/stack.ts'
import type { RunStore } from '../run-store.ts'
import { withDeliveries } from './deliveries.ts'
import { nodeId } from './loop-edges.ts'
import type { LoopFacts } from './loop-facts.ts'

/** A source of events that was silent for longer is idle. */
const idleAfter = 24 * 3_600_000
/** Events that wait longer than this in the spool are a warning. */
const slowFlush = 60_000

/** The nodes of the loop picture, in the order of the way the data takes. */
export function loopNodes(stack: Stack, facts: LoopFacts, store: RunStore, simulated: ReadonlySet<string>): LoopNode[] {
  const base = (id: string, kind: LoopNode['kind'], definition: Definition<{ description?: string | undefined }>) => ({
    id,
    kind,
    name: definition.name,
    title: title(definition.name),
    simulated: simulated.has(definition.name),
  })
  const sources = stack.sources.map(({ content, ...place }): LoopNode => {
    const node = base(nodeId.source(place.name), content.kind, { ...place, content })
    if (content.kind !== 'etl') return { ...node, ...eventSource(place.name, facts) }
    const run = store.lastRun({ kind: 'source', name: place.name })
    return { ...node, ...byRun(run), ...loaded(facts.loads.get(place.name), facts.now) }
  })
  const jobNode = (job: Job, last: Run | undefined) => byRun(latest(store.lastRun(job), last))
  const models = store.lastRun({ kind: 'models' })
  const traits = store.lastRun({ kind: 'traits' })
  return [
    ...sources,
    collector(facts),
    warehouse(facts),
    ...stack.models.map((model): LoopNode => ({
      ...base(nodeId.model(model.name), 'model', model),
      ...jobNode({ kind: 'models', name: model.name }, models),
    })),
    ...stack.traits.map((trait): LoopNode => {
      const computed = facts.traits.get(trait.name)
      return {
        ...base(nodeId.trait(trait.name), 'trait', { ...trait, content: trait.content.trait }),
        ...jobNode({ kind: 'traits', name: trait.name }, traits),
        ...(computed === undefined ? {} : { total: computed.entities, lastAt: computed.computedAt, lag: facts.now - computed.computedAt }),
      }
    }),
    ...stack.syncs.map((sync): LoopNode => {
      const counts = facts.synced.get(sync.name)
      const state = byRun(store.lastRun({ kind: 'sync', name: sync.name }))
      const health = state.health === 'ok' && (counts?.rejected ?? 0) > 0 ? 'warning' : state.health
      return { ...base(nodeId.sync(sync.name), 'sync', sync), ...state, health, ...(counts === undefined ? {} : { total: counts.synced }) }
    }),
    ...stack.destinations.map((destination): LoopNode => {
      const syncs = stack.syncs.filter((sync) => sync.content.destination === destination.name)
      const run = syncs.map((sync) => store.lastRun({ kind: 'sync', name: sync.name })).reduce(latest, undefined)
      const total = syncs.reduce((sum, sync) => sum + (facts.synced.get(sync.name)?.synced ?? 0), 0)
      const state = withDeliveries({ ...byRun(run), total }, facts.edge?.destinations[destination.name])
      return { ...base(nodeId.destination(destination.name), 'destination', destination), ...state }
    }),
  ]
}

type State = Pick<LoopNode, 'health' | 'total' | 'rate' | 'lag' | 'lastAt' | 'error'>

function eventSource(name: string, facts: LoopFacts): State {
  const volume = facts.events.get(name)
  const counted = facts.edge?.sources[name]
  const lastAt = Math.max(counted?.lastAt ?? 0, volume?.lastAt ?? 0)
  if (lastAt === 0) return { health: facts.edgeError === undefined ? 'idle' : 'unknown', total: 0, rate: 0 }
  const waiting = counted === undefined ? 0 : counted.accepted + counted.rejected - counted.flushed
  return {
    health: facts.now - lastAt > idleAfter ? 'idle' : 'ok',
    total: (volume?.total ?? 0) + Math.max(0, waiting),
    rate: volume?.rate ?? 0,
    lastAt,
  }
}

function collector(facts: LoopFacts): LoopNode {
  const node = { id: nodeId.collector, kind: 'collector' as const, name: 'collector', title: 'Collector', simulated: false }
  if (facts.edge === undefined) {
    return facts.edgeError === undefined ? { ...node, health: 'unknown' } : { ...node, health: 'error', error: facts.edgeError }
  }
  const { spool, flush, sources } = facts.edge
  const lag = spool.oldestAt === undefined ? 0 : Math.max(0, facts.now - spool.oldestAt)
  const error = flush.lastError && unflushed(flush.lastError)
  const health =
    error === undefined ? (lag > slowFlush || spool.bytes > spool.maxBytes * 0.8 ? 'warning' : 'ok') : lag > slowFlush ? 'error' : 'warning'
  const lastAt = Math.max(0, ...Object.values(sources).map((source) => source.lastAt ?? 0))
  return {
    ...node,
    health,
    lag,
    total: Object.values(sources).reduce((sum, source) => sum + source.accepted, 0),
    rate: sumRates(facts.events.values()),
    ...(lastAt === 0 ? {} : { lastAt }),
    ...(error === undefined ? {} : { error }),
  }
}

function unflushed({ code, message }: { code: string; message: string }): ErrorData {
  return { code, fault: 'transient', retryable: true, message: `The warehouse does not take events: ${message} They wait in the spool.` }
}

function warehouse(facts: LoopFacts): LoopNode {
  const node = { id: nodeId.warehouse, kind: 'warehouse' as const, name: 'warehouse', title: 'Warehouse', simulated: false }
  if (facts.warehouseError !== undefined) return { ...node, health: 'error', error: facts.warehouseError }
  const all = [...facts.events.values(), ...facts.loads.values()]
  const lastAt = Math.max(0, ...all.map((volume) => volume.lastAt ?? 0))
  return {
    ...node,
    health: 'ok',
    total: all.reduce((sum, volume) => sum + volume.total, 0),
    rate: sumRates(all),
    ...(lastAt === 0 ? {} : { lastAt, lag: Math.max(0, facts.now - lastAt) }),
  }
}

function sumRates(volumes: Iterable<{ rate: number }>): number {
  let sum = 0
  for (const { rate } of volumes) sum += rate
  return sum
}

function loaded(volume: { total: number; rate: number; lastAt?: number | undefined } | undefined, now: number): Partial<State> {
  if (volume === undefined) return {}
  return {
    total: volume.total,
    rate: volume.rate,
    ...(volume.lastAt === undefined ? {} : { lastAt: volume.lastAt, lag: now - volume.lastAt }),
  }
}

/** Health as the last run left it. */
function byRun(run: Run | undefined): State {
  if (run === undefined) return { health: 'idle' }
  const health = ({ succeeded: 'ok', partial: 'warning', failed: 'error', cancelled: 'warning', queued: 'ok', running: 'ok' } as const)[
    run.status
  ]
  return { health, lastAt: run.endedAt ?? run.startedAt, ...(run.error === undefined ? {} : { error: run.error }) }
}

/** Ids of runs grow with time. */
function latest(a: Run | undefined, b: Run | undefined): Run | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.id > b.id ? a : b
}

/** `email_tool` → `Email tool`, `crm` → `CRM`. */
function title(name: string): string {
  const words = name.replaceAll('_', ' ').replaceAll(/\b(?:api|b2b|b2c|crm|erp|id|ltv|sdk|sms|sql|url)\b/g, (word) => word.toUpperCase())
  return words.charAt(0).toUpperCase() + words.slice(1)
}
