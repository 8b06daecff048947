import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fault } from '#test/fixture/webhook-tool.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startSyncHarness, type SyncHarness } from './harness.ts'

let h: SyncHarness

beforeAll(async () => {
  h = await startSyncHarness()
})
afterAll(() => h?.stop())

// Few keys and few values, so that a change is often taken back; keys that hurt where they are not quoted.
// The foreign ones are records of the tool that no source ever has.
const keys = ['a', "o'h\\", '日`{y}%']
const foreign = { f1: { name: 'foreign' }, f2: { name: 'foreign too' } }

const people = fc.dictionary(fc.constantFrom(...keys), fc.record({ name: fc.constantFrom('x', 'y'), score: fc.constant(1) }))
const passing = fc.option(
  fc.constantFrom<Fault>({ status: 500 }, { status: 429 }, { status: 422 }, 'reset-before', 'reset-after', 'error-after'),
  {
    nil: undefined,
    freq: 2,
  },
)
// Trouble that outlasts the tries of a run: it ends without knowing what the tool took.
const lasting = fc.constantFrom<Fault>('reset-after', 'error-after', 'reset-before', { status: 503 }).chain((fault) =>
  fc.constantFrom(
    Array.from({ length: 12 }, () => fault),
    [fault, { status: 401 }],
  ),
)
const faults = fc.oneof(fc.array(passing, { maxLength: 4 }), lasting)

const sourceChange = people.map((next) => ({ kind: 'source' as const, next }))
const run = fc.record({
  kind: fc.constantFrom('run' as const, 'retry' as const),
  faults,
  refused: fc.oneof({ weight: 2, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: fc.subarray(keys) }),
  /** The process dies at the n-th write to the snapshots: before it, or just after. */
  dies: fc.option(fc.record({ write: fc.integer({ min: 1, max: 4 }), after: fc.boolean() }), { nil: undefined, freq: 1 }),
  /** The run is cancelled after so many requests. */
  cancelled: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 4 }),
  batch: fc.constantFrom('array', 'single'),
  answers: fc.constantFrom('results' as const, 'status' as const),
})

type Happening = { kind: 'source'; next: Record<string, { name: string; score: number }> } | RunEvent
type RunEvent = typeof run extends fc.Arbitrary<infer Value> ? Value : never

const good: RunEvent = { kind: 'run', faults: [], refused: [], dies: undefined, cancelled: undefined, batch: 'array', answers: 'results' }

/** A run that ends without noting what the tool took: its answers are lost, or it dies. */
const doubtful = fc
  .oneof(
    lasting.map((faults) => ({ faults })),
    fc.integer({ min: 1, max: 2 }).map((write) => ({ dies: { write, after: false } })),
  )
  .map((trouble): RunEvent => ({ ...good, ...trouble }))

/** What happens: the source changes, a run goes through trouble, or a change is taken back after one that did. */
const happenings = fc.oneof(
  { weight: 1, arbitrary: sourceChange.map((event): Happening[] => [event]) },
  { weight: 1, arbitrary: run.map((event): Happening[] => [event]) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(sourceChange, sourceChange, doubtful)
      .map(([before, after, event]): Happening[] => [before, good, after, event, before]),
  },
)

function dying({ dies }: RunEvent) {
  if (dies === undefined) return h.warehouse
  let writes = 0
  return {
    ...h.warehouse,
    insert: async (...call: Parameters<typeof h.warehouse.insert>) => {
      if (call[0].table !== 'snapshots') return h.warehouse.insert(...call)
      const dead = ++writes >= dies.write
      if (dead && !(dies.after && writes === dies.write)) throw Object.assign(new Error('killed'), { name: 'AbortError' })
      const summary = await h.warehouse.insert(...call)
      if (dead) throw Object.assign(new Error('killed'), { name: 'AbortError' })
      return summary
    },
  }
}

async function happen(event: Happening): Promise<void> {
  if (event.kind === 'source') return h.source(event.next)
  h.tool.faults = [...event.faults]
  h.tool.refuse = (key) => (event.refused.includes(key) ? 'not this one' : undefined)
  h.tool.answers = event.answers
  const controller = new AbortController()
  let requests = 0
  const runtime = testRuntime({
    signal: controller.signal,
    fetch: (input, init) => {
      if (event.cancelled !== undefined && ++requests >= event.cancelled) setImmediate(() => controller.abort())
      return fetch(input, init)
    },
  })
  const options = { runtime, warehouse: dying(event), batchSize: 2, config: `  batch: ${event.batch}\n  concurrency: 2\n` }
  try {
    await (event.kind === 'run' ? h.run(options) : h.retry(options))
  } catch (thrown) {
    // Cancelled while there was no plan yet.
    if (!controller.signal.aborted) throw thrown
  }
  h.tool.faults = []
}

test('after any changes, faults, crashes and retries, one good run makes the tool equal to the source, and deletes nothing of others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happenings, { minLength: 1, maxLength: 4 }), async (episodes) => {
      await h.reset()
      await h.source({})
      for (const [key, record] of Object.entries(foreign)) h.tool.records.set(key, record)
      let source: Record<string, { name: string | null; score: number }> = {}
      for (const event of episodes.flat()) {
        if (event.kind === 'source') source = event.next
        await happen(event)
      }
      await happen(good)
      const wanted = { ...foreign, ...Object.fromEntries(Object.entries(source).map(([id, row]) => [id, { id, ...row }])) }
      expect(Object.fromEntries(h.tool.records)).toEqual(wanted)
      expect(h.tool.deleted.filter((key) => key in foreign)).toEqual([])
      const plan = await h.plan()
      expect(plan.counts).toEqual({ add: 0, update: 0, delete: 0, unchanged: Object.keys(source).length, retry: 0 })
      expect(await h.rows('SELECT count() AS n FROM millrace.planned')).toEqual([{ n: '0' }])
    }),
    { numRuns: Number(process.env['MILLRACE_PROPERTY_RUNS'] ?? 15) },
  )
}, 240_000)
