import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ReadRequest, SourceMessage, Stream } from '#core/connector/source.ts'
import { MillraceError } from '#core/lib/error.ts'
import { fail } from '#core/lib/result.ts'
import type { SyncMode } from '#core/pipeline/mode.ts'
import type { SourceRun } from '#core/pipeline/run.ts'
import { resetState } from '#core/pipeline/state.ts'
import { createKiller } from '#test/fixture/killer.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { startPipeline, type Pipeline } from '#test/fixture/pipeline.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { done, scriptedSource } from '#test/fixture/scripted-source.ts'

let pipeline: Pipeline

beforeAll(async () => {
  pipeline = await startPipeline()
})

afterAll(() => pipeline.stop())

interface Item {
  id: number
  at: number
  v: string
}

const failure = new MillraceError({ code: 'source-unavailable', fault: 'transient', message: 'gone' })
const items = (from: number, to: number, v = 'a') =>
  Array.from({ length: to - from }, (_, index): Item => ({ id: from + index, at: from + index, v }))

/** Keeps `held`, reads it in tens with a state after each, and notes what it was asked. */
function shop(held: Item[], stream: Partial<Stream> = {}) {
  const asked: ReadRequest['streams'] = []
  const shelf = { held, asked, breakAfter: Number.POSITIVE_INFINITY, during: async () => undefined as void }
  const source = scriptedSource(
    [{ name: 's', primaryKey: [['id']], cursorField: ['at'], resumable: true, ...stream }],
    async function* (request) {
      const [wanted] = request.streams
      if (wanted === undefined) return
      asked.push(wanted)
      const after = (wanted.state as { at: number } | undefined)?.at ?? -1
      const { from = '0', to = '1000000' } = wanted.range ?? {}
      const due = shelf.held.filter(({ at }) => at > after && at >= Number(from) && at < Number(to))
      for (let start = 0; start < due.length; start += 10) {
        await shelf.during()
        if (start >= shelf.breakAfter) return yield { type: 'done', stream: 's', result: fail(failure) }
        const records = due.slice(start, start + 10)
        yield { type: 'records', stream: 's', records } as unknown as SourceMessage
        yield { type: 'state', stream: 's', state: { at: records.at(-1)!.at } }
      }
      yield done('s')
    },
  )
  return { source, shelf }
}

const all = ['full_refresh_overwrite', 'full_refresh_append', 'incremental_append', 'incremental_deduped'] as const

function reader(mode: SyncMode, source: SourceRun['source']) {
  const database = pipeline.freshDatabase()
  const store = memoryState()
  const settings = { state: store, streams: { s: { mode } }, batch: { records: 10, bytes: 1e6 } }
  return {
    database,
    store,
    settings,
    read: (options: Partial<SourceRun> = {}) => pipeline.run(database, source, { ...settings, ...options }),
    seen: async () => {
      const [row] = await pipeline.rows<{ n: string; ids: string; vs: string[] }>(
        `SELECT count() AS n, uniqExact(id) AS ids, arraySort(groupUniqArray(assumeNotNull(v))) AS vs FROM ${database}.s`,
      )
      return { n: Number(row!.n), ids: Number(row!.ids), vs: row!.vs.join('') }
    },
    tables: async () =>
      (await pipeline.rows<{ name: string }>(`SELECT name FROM system.tables WHERE database = '${database}' ORDER BY name`)).map(
        ({ name }) => name,
      ),
  }
}

describe('a full refresh of a resumable stream that broke off', () => {
  test.each(['failed', 'cancelled'] as const)('(%s) is taken up by the next run, and shown once it is whole', async (how) => {
    const { source, shelf } = shop(items(0, 20, 'old'))
    const { read, seen, tables } = reader('full_refresh_overwrite', source)
    await read()
    shelf.held = items(0, 50, 'new')
    const abort = new AbortController()
    if (how === 'failed') shelf.breakAfter = 30
    else {
      let batches = 0
      shelf.during = async () => {
        if (++batches === 4) abort.abort()
      }
    }
    expect(await read({ runtime: testRuntime({ signal: abort.signal }) })).toMatchObject({ status: how })
    expect(await seen()).toEqual({ n: 20, ids: 20, vs: 'old' })
    expect(await tables()).toEqual(['s', 's__staging'])
    shelf.breakAfter = Number.POSITIVE_INFINITY
    shelf.during = async () => undefined
    const last = await read()
    expect(last.status).toBe('succeeded')
    expect(last.counts.rows_read).toBeLessThan(50)
    expect(shelf.asked.at(-1)!.state).toBeDefined()
    expect(await seen()).toEqual({ n: 50, ids: 50, vs: 'new' })
    expect(await tables()).toEqual(['s'])
    // The next begins anew.
    await read()
    expect(shelf.asked.at(-1)!.state).toBeUndefined()
    expect(await seen()).toEqual({ n: 50, ids: 50, vs: 'new' })
  })

  test('begins anew when the stream was reset, and when it is not resumable', async () => {
    for (const resumable of [true, false]) {
      const { source, shelf } = shop(items(0, 50), { resumable })
      const { read, seen, store, database } = reader('full_refresh_overwrite', source)
      shelf.breakAfter = 30
      await read()
      shelf.breakAfter = Number.POSITIVE_INFINITY
      if (resumable) await resetState(store, database, 's', Date.now())
      await read()
      expect(shelf.asked.at(-1)!.state).toBeUndefined()
      expect(await seen()).toEqual({ n: 50, ids: 50, vs: 'a' })
    }
  })

  test('sums up what all its runs have read in the log, and which run began it', async () => {
    const { source, shelf } = shop(items(0, 30))
    const { read, database } = reader('full_refresh_overwrite', source)
    shelf.breakAfter = 10
    await read()
    await read()
    shelf.breakAfter = Number.POSITIVE_INFINITY
    await read()
    expect(
      await pipeline.rows(
        `SELECT status, last_id, rows, attempt = first_value(attempt) OVER () AS same FROM millrace.loads WHERE source = '${database}' ORDER BY run, at, indexOf(['begun', 'staged', 'swapping', 'succeeded', 'failed'], status)`,
      ),
    ).toMatchObject(
      [
        { status: 'begun', last_id: '0' },
        { status: 'staged', last_id: '10', rows: '10' },
        { status: 'failed', last_id: '10', rows: '10' },
        { status: 'begun', last_id: '10' },
        { status: 'staged', last_id: '20', rows: '10' },
        { status: 'failed', last_id: '20', rows: '10' },
        { status: 'begun', last_id: '20' },
        { status: 'staged', last_id: '30', rows: '10' },
        { status: 'swapping', last_id: '30' },
        { status: 'succeeded', last_id: '30', rows: '10' },
      ].map((line) => ({ ...line, same: 1 })),
    )
  })
})

describe('a refresh of one stream', () => {
  test.each(all)('%s: reads it from the beginning while readers see what was there, then goes on from the new state', async (mode) => {
    const { source, shelf } = shop(items(0, 20, 'old'))
    const { read, seen, tables } = reader(mode, source)
    await read()
    shelf.held = items(0, 50, 'new')
    const during: unknown[] = []
    shelf.during = async () => void during.push(await seen())
    const before = await tables()
    expect(await read({ order: { streams: ['s'], refresh: true } })).toMatchObject({ status: 'succeeded', counts: { rows_read: 50 } })
    expect(during).toEqual(Array.from({ length: 5 }, () => ({ n: 20, ids: 20, vs: 'old' })))
    expect(shelf.asked.at(-1)!.state).toBeUndefined()
    expect(await seen()).toEqual({ n: 50, ids: 50, vs: 'new' })
    expect(await tables()).toEqual(before)
    shelf.during = async () => undefined
    shelf.held = items(0, 60, 'new')
    const next = await read()
    if (mode.startsWith('incremental')) {
      expect(next.counts.rows_read).toBe(10)
      expect(await seen()).toEqual({ n: 60, ids: 60, vs: 'new' })
    }
  })

  test('that broke off is gone on with by the next run, asked to or not', async () => {
    const { source, shelf } = shop(items(0, 20, 'old'))
    const { read, seen } = reader('incremental_append', source)
    await read()
    shelf.held = items(0, 50, 'new')
    shelf.breakAfter = 20
    expect((await read({ order: { refresh: true } })).status).toBe('failed')
    expect(await seen()).toEqual({ n: 20, ids: 20, vs: 'old' })
    shelf.breakAfter = Number.POSITIVE_INFINITY
    expect((await read()).counts.rows_read).toBe(30)
    expect(await seen()).toEqual({ n: 50, ids: 50, vs: 'new' })
    expect((await read()).counts.rows_read).toBe(0)
  })

  test('takes a new primary key', async () => {
    const { source } = shop(items(0, 20))
    const { read, database, settings } = reader('incremental_deduped', source)
    await read()
    const other = shop(items(0, 20), { primaryKey: [['id'], ['v']] })
    expect((await read({ source: other.source, order: {} })).status).toBe('succeeded')
    other.shelf.held = items(0, 25)
    expect(await pipeline.run(database, other.source, settings)).toMatchObject({ status: 'failed', error: { code: 'table-differs' } })
    expect((await pipeline.run(database, other.source, { ...settings, order: { refresh: true } })).status).toBe('succeeded')
    expect((await pipeline.run(database, other.source, settings)).status).toBe('succeeded')
    expect(await pipeline.rows(`SELECT count() AS n FROM ${database}.s`)).toEqual([{ n: '25' }])
  })

  test.each(['incremental_append', 'incremental_deduped', 'full_refresh_overwrite'] as const)(
    'killed at any call is completed by the next run, with no row missing or doubled and no state ahead: %s',
    async (mode) => {
      let killed = 0
      for (let half = 2; ; half += mode === 'incremental_append' ? 1 : 3) {
        const { source, shelf } = shop(items(0, 10, 'old'))
        const { read, seen, store, database } = reader(mode, source)
        await read()
        shelf.held = items(0, 30, 'new')
        const killer = createKiller(half >> 1, half % 2 === 1)
        const first = read({ order: { refresh: true }, ...killer.mortal(store, pipeline.warehouse) })
        const outcome = await Promise.race([first.then(() => 'ended'), killer.death.then(() => 'killed')])
        const where = `${half % 2 === 1 ? 'after' : 'before'} call ${half >> 1}`
        const between = await seen()
        expect(
          [
            { n: 10, ids: 10, vs: 'old' },
            { n: 30, ids: 30, vs: 'new' },
          ],
          where,
        ).toContainEqual(between)
        shelf.held = items(0, 35, 'new')
        expect((await read()).error, where).toBeUndefined()
        // Killed before it had anything to go on with, it was not begun.
        const wasBegun =
          (
            await pipeline.rows(
              `SELECT 1 FROM millrace.loads WHERE source = '${database}' AND status = 'staged' AND mode != 'full_refresh_overwrite' LIMIT 1`,
            )
          ).length > 0
        const found = await seen()
        expect(found, where).toMatchObject({ n: 35, ids: 35 })
        if (wasBegun || mode === 'full_refresh_overwrite') expect(found.vs, where).toBe('new')
        await pipeline.warehouse.command(`DROP DATABASE ${database}`)
        if (outcome === 'ended') break
        killed++
      }
      expect(killed).toBeGreaterThan(8)
    },
    120_000,
  )
})

describe('a backfill', () => {
  test.each(['incremental_append', 'incremental_deduped'] as const)(
    '%s: reads the range alone and leaves the state as it is',
    async (mode) => {
      const { source, shelf } = shop(items(0, 50, 'a'))
      const { read, seen, store, database } = reader(mode, source)
      await read()
      const state = await store.get(database, 's')
      shelf.held = items(0, 60, 'b')
      const result = await read({ order: { streams: ['s'], range: { from: '10', to: '30' } } })
      expect(result).toMatchObject({ status: 'succeeded', counts: { rows_read: 20 } })
      expect(shelf.asked.at(-1)).toEqual({ name: 's', mode: 'incremental', range: { from: '10', to: '30' } })
      expect(await store.get(database, 's')).toEqual(state)
      expect(await seen()).toEqual({ n: mode === 'incremental_append' ? 70 : 50, ids: 50, vs: 'ab' })
      expect((await read()).counts.rows_read).toBe(10)
    },
  )

  test('that fails takes its rows back where all are kept', async () => {
    const { source, shelf } = shop(items(0, 50))
    const { read, seen } = reader('incremental_append', source)
    await read()
    shelf.breakAfter = 20
    expect((await read({ order: { range: { from: '0' } } })).status).toBe('failed')
    expect(await seen()).toEqual({ n: 50, ids: 50, vs: 'a' })
  })

  test('is refused where there is no range, and so is a stream that there is not', async () => {
    const { source } = shop([])
    const { read } = reader('full_refresh_overwrite', source)
    expect(await read({ order: { range: { from: '1' } } })).toMatchObject({ status: 'failed', error: { code: 'range-not-possible' } })
    expect(await read({ order: { streams: ['t'] } })).toMatchObject({ status: 'failed', error: { code: 'unknown-stream' } })
  })
})
