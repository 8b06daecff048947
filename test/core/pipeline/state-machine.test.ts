import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SourceMessage } from '#core/connector/source.ts'
import { MillraceError } from '#core/lib/error.ts'
import { fail } from '#core/lib/result.ts'
import type { SourceRun } from '#core/pipeline/run.ts'
import { resetState } from '#core/pipeline/state.ts'
import { createKiller } from '#test/fixture/killer.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { startPipeline, type Pipeline } from '#test/fixture/pipeline.ts'
import { done, scriptedSource } from '#test/fixture/scripted-source.ts'

/*
 * Whatever happens to a source and to the runs that read it, a last run that ends well leaves the warehouse as the source:
 *
 *   write ─ delete ─ run ─ run that fails ─ run that is killed ─ refresh (likewise) ─ reset, in any order
 */

let pipeline: Pipeline

beforeAll(async () => {
  pipeline = await startPipeline()
})

afterAll(() => pipeline.stop())

type Settings = NonNullable<SourceRun['streams']>[string]
type Step =
  | { do: 'write'; ids: number[] }
  | { do: 'delete'; ids: number[] }
  | { do: 'run'; refresh: boolean; failAfter: number | undefined; killAt: number | undefined; after: boolean }
  | { do: 'reset' }

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), ids }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), ids }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('run' as const),
        refresh: fc.boolean(),
        failAfter: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
        killAt: fc.option(fc.integer({ min: 1, max: 22 }), { nil: undefined }),
        after: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'reset' as const }) },
  ),
  { minLength: 3, maxLength: 9 },
)

/** A tool: what happened to its rows, in order. Three of them a page, a state after each. */
class Tool {
  readonly log: { seq: number; id: number; v: string; gone: boolean }[] = []
  failAfter: number | undefined

  readonly source = scriptedSource(
    [{ name: 's', primaryKey: [['id']], cursorField: ['seq'], tellsDeletes: true, resumable: true }],
    (request) => this.read(request.streams[0]),
  )

  get rows(): Map<number, string> {
    const rows = new Map<number, string>()
    for (const { id, v, gone } of this.log) {
      if (gone) rows.delete(id)
      else rows.set(id, v)
    }
    return rows
  }

  private *read(wanted: { mode: string; state?: unknown } | undefined): Generator<SourceMessage> {
    if (wanted === undefined) return
    const isFull = wanted.mode === 'full-refresh'
    const after = (wanted.state as { after: number } | undefined)?.after ?? 0
    const all = isFull ? [...this.rows].map(([id, v]) => ({ seq: id, id, v, gone: false })).toSorted((a, b) => a.id - b.id) : this.log
    const due = all.filter(({ seq }) => seq > after)
    for (const [index, { seq, id, v, gone }] of due.entries()) {
      if (this.failAfter === index) return yield { type: 'done', stream: 's', result: fail(failure) }
      yield gone ? { type: 'deletes', stream: 's', keys: [{ id }] } : { type: 'records', stream: 's', records: [{ id, seq, v }] }
      if (index % 3 === 2 || index === due.length - 1) yield { type: 'state', stream: 's', state: { after: seq } }
    }
    yield done('s')
  }
}

const failure = new MillraceError({ code: 'tool-failed', fault: 'transient', message: 'gone' })

async function take(step: Step, tool: Tool, store: ReturnType<typeof memoryState>, database: string, settings: Settings): Promise<void> {
  if (step.do === 'reset') return resetState(store, database, 's', Date.now())
  if (step.do !== 'run') {
    for (const id of step.ids) {
      const seq = tool.log.length + 1
      if (step.do === 'write' || tool.rows.has(id)) tool.log.push({ seq, id, v: `v${seq}`, gone: step.do === 'delete' })
    }
    return
  }
  tool.failAfter = step.failAfter
  const options = { streams: { s: settings }, batch: { records: 2, bytes: 1e6 }, state: store, order: { refresh: step.refresh } }
  if (step.killAt === undefined) return void (await pipeline.run(database, tool.source, options))
  const killer = createKiller(step.killAt, step.after)
  await Promise.race([pipeline.run(database, tool.source, { ...options, ...killer.mortal(store, pipeline.warehouse) }), killer.death])
}

const expected: Record<string, (tool: Tool) => unknown[]> = {
  hard: (tool) => [...tool.rows].map(([id, v]) => ({ id, v, gone: 0 })),
  soft: (tool) => {
    const last = new Map(tool.log.filter(({ gone }) => !gone).map(({ id, v }) => [id, v]))
    return [...last].map(([id, v]) => ({ id, v, gone: tool.rows.has(id) ? 0 : 1 }))
  },
  append: (tool) => tool.log.map(({ id, v, gone }) => ({ id, v: gone ? null : v, gone: gone ? 1 : 0 })),
  overwrite: (tool) => [...tool.rows].map(([id, v]) => ({ id, v, gone: 0 })),
}

const sorted = (rows: unknown[]) => rows.map((row) => JSON.stringify(row)).toSorted()

const kinds: [kind: string, settings: Settings, gone: string][] = [
  ['hard', { mode: 'incremental_deduped', deletes: 'hard' }, '0'],
  ['soft', { mode: 'incremental_deduped', deletes: 'soft' }, 'toUInt8(_millrace_deleted_at IS NOT NULL)'],
  ['append', { mode: 'incremental_append' }, 'toUInt8(_millrace_deleted_at IS NOT NULL)'],
  ['overwrite', { mode: 'full_refresh_overwrite' }, '0'],
]

test.each(kinds)(
  'whatever breaks, a run that ends well leaves the warehouse as the source: %s',
  async (kind, settings, gone) => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        // A reset of an appended stream is asked to read everything again, beside what is there.
        const fitting = kind === 'append' ? taken.filter((step) => step.do !== 'reset') : taken
        const tool = new Tool()
        const database = pipeline.freshDatabase()
        const store = memoryState()
        await take({ do: 'write', ids: [1, 2, 3, 4, 5, 6, 7, 8] }, tool, store, database, settings)
        for (const step of fitting) await take(step, tool, store, database, settings)
        // An empty overwrite keeps what was there.
        await take({ do: 'write', ids: [1] }, tool, store, database, settings)
        tool.failAfter = undefined
        // The first may go on with what was broken off, of a source that has changed since.
        for (let last = 0; last < 2; last++) {
          const result = await pipeline.run(database, tool.source, { streams: { s: settings }, state: store })
          expect(result.error).toBeUndefined()
        }
        const found = await pipeline.rows<{ id: string; v: string | null; gone: number }>(
          `SELECT id, v, ${gone} AS gone FROM ${database}.s`,
        )
        expect(sorted(found.map((row) => ({ ...row, id: Number(row.id) })))).toEqual(sorted(expected[kind]!(tool)))
        await pipeline.warehouse.command(`DROP DATABASE ${database}`)
      }),
      { numRuns: 6 },
    )
  },
  180_000,
)
