import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceMessage } from '#core/connector/source.ts'
import type { JsonObject } from '#core/lib/json.ts'
import type { SourceRun } from '#core/pipeline/run.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { startPipeline, type Pipeline } from '#test/fixture/pipeline.ts'
import { done, scriptedSource } from '#test/fixture/scripted-source.ts'

let pipeline: Pipeline

beforeAll(async () => {
  pipeline = await startPipeline()
})

afterAll(() => pipeline.stop())

const put = (...records: JsonObject[]): SourceMessage => ({ type: 'records', stream: 's', records })
const gone = (...keys: JsonObject[]): SourceMessage => ({ type: 'deletes', stream: 's', keys })
const state = (at: number): SourceMessage => ({ type: 'state', stream: 's', state: { at } })

const accountRow = (name: string) => ({ account: { name, plan: 'x' }, day: '2026-01-01', at: 1, v: name })

const telling = (messages: SourceMessage[], primaryKey = [['id']]) =>
  scriptedSource([{ name: 's', primaryKey, cursorField: ['at'], tellsDeletes: true }], () => [...messages, done('s')])

function reader(settings: NonNullable<SourceRun['streams']>[string]) {
  const database = pipeline.freshDatabase()
  const store = memoryState()
  return {
    database,
    read: (messages: SourceMessage[], options: Partial<SourceRun> = {}) =>
      pipeline.run(database, telling(messages), { state: store, streams: { s: settings }, ...options }),
    rows: (columns = 'id, v') => pipeline.rows(`SELECT ${columns} FROM ${database}.s ORDER BY id, _millrace_run, _millrace_id`),
  }
}

describe('a deleted row', () => {
  test('is gone, and shows again once it is there again: in one batch, in many, and from run to run', async () => {
    const { read, rows } = reader({})
    const first = await read(
      [
        put({ id: 1, at: 9, v: 'a' }, { id: 2, at: 9, v: 'b' }, { id: 3, at: 9, v: 'c' }),
        gone({ id: 1 }, { id: 2 }),
        put({ id: 2, at: 1, v: 'b2' }),
      ],
      { batch: { records: 1, bytes: 1e6 } },
    )
    expect(first).toMatchObject({ status: 'succeeded', counts: { rows_read: 6, rows_written: 6, rows_deleted: 2 } })
    expect(await rows()).toEqual([
      { id: '2', v: 'b2' },
      { id: '3', v: 'c' },
    ])
    // A cursor that goes back, as one of a clock may, does not bring an older row back.
    await read([put({ id: 1, at: 0, v: 'a3' }, { id: 4, at: 0, v: 'd' }), gone({ id: 4 }), gone({ id: 3 }), state(1)])
    expect(await rows()).toEqual([
      { id: '1', v: 'a3' },
      { id: '2', v: 'b2' },
    ])
    await read([gone({ id: 1 }, { id: 2 }, { id: 77 }), state(2)])
    expect(await rows()).toEqual([])
  })

  test('stays gone when the parts are merged', async () => {
    const { read, rows, database } = reader({})
    await read([put({ id: 1, at: 1, v: 'a' }, { id: 2, at: 1, v: 'b' })])
    await read([gone({ id: 1 })])
    await pipeline.warehouse.command(`OPTIMIZE TABLE ${database}.s__raw FINAL`)
    expect(await rows()).toEqual([{ id: '2', v: 'b' }])
    expect(await pipeline.rows(`SELECT count() AS n FROM ${database}.s__raw WHERE v = 'a'`)).toEqual([{ n: '0' }])
  })

  test('is shown with its last values and a mark when the stream says soft', async () => {
    const { read, rows } = reader({ deletes: 'soft' })
    const shown = 'id, v, isNotNull(_millrace_deleted_at) AS deleted'
    await read([put({ id: 1, at: 1, v: 'a' }), put({ id: 2, at: 1, v: 'b' }, { id: 3, at: 1, v: 'c' }), gone({ id: 2 }), state(1)])
    expect(await rows(shown)).toEqual(
      [
        { id: '1', v: 'a', deleted: false },
        { id: '2', v: 'b', deleted: true },
        { id: '3', v: 'c', deleted: false },
      ].map((row) => ({ ...row, deleted: Number(row.deleted) })),
    )
    await read([gone({ id: 1 }), put({ id: 1, at: 2, v: 'a2' }), gone({ id: 3 }, { id: 9 }), put({ id: 2, at: 2, v: 'b2' }), state(2)])
    expect(await rows(shown)).toEqual([
      { id: '1', v: 'a2', deleted: 0 },
      { id: '2', v: 'b2', deleted: 0 },
      { id: '3', v: 'c', deleted: 1 },
    ])
  })

  test('is a row of its own, with a mark, where all rows are kept', async () => {
    const { read, rows } = reader({ mode: 'incremental_append' })
    await read([put({ id: 1, at: 1, v: 'a' }), gone({ id: 1 }), put({ id: 1, at: 2, v: 'a2' }), state(2)])
    expect(await rows('id, v, isNotNull(_millrace_deleted_at) AS deleted')).toEqual([
      { id: '1', v: 'a', deleted: 0 },
      { id: '1', v: null, deleted: 1 },
      { id: '1', v: 'a2', deleted: 0 },
    ])
  })

  test('of a key of several columns, with dates and texts that need escapes', async () => {
    const database = pipeline.freshDatabase()
    const key = [['account', 'name'], ['day']]
    const names = ["it's", 'back\\slash', 'line\nbreak', 'ünï']
    const settings = { streams: { s: { deletes: 'soft' as const } } }
    await pipeline.run(database, telling([put(...names.map((name) => accountRow(name)))], key), settings)
    const keys = names.slice(0, 3).map((name) => ({ account: { name }, day: '2026-01-01' }))
    const result = await pipeline.run(database, telling([gone(...keys)], key), settings)
    expect(result.error).toBeUndefined()
    const shown = `SELECT v, account.plan AS plan, isNull(_millrace_deleted_at) AS here FROM ${database}.s ORDER BY v`
    expect(await pipeline.rows(shown)).toEqual(names.toSorted().map((v) => ({ v, plan: 'x', here: v === 'ünï' ? 1 : 0 })))
  })

  test('is refused of a stream that does not tell of deletes, and the others go on', async () => {
    const source = scriptedSource([{ name: 's', primaryKey: [['id']], cursorField: ['at'] }, { name: 't' }], () => [
      put({ id: 1, at: 1 }),
      gone({ id: 1 }),
      { type: 'records', stream: 't', records: [{ id: 1 }] },
      done('s'),
      done('t'),
    ])
    expect(await pipeline.run(pipeline.freshDatabase(), source)).toMatchObject({
      status: 'partial',
      streams: [{ status: 'failed', error: { code: 'unforeseen-deletes' } }, { status: 'succeeded' }],
    })
  })
})

describe('a table made before its stream told of deletes', () => {
  test('gets what they need, and what it held stays older than what comes', async () => {
    const database = pipeline.freshDatabase()
    const store = memoryState()
    const before = scriptedSource([{ name: 's', primaryKey: [['id']], cursorField: ['at'] }], () => [
      put({ id: 1, at: '2026-01-01T00:00:00Z', v: 'a' }, { id: 2, at: '2026-01-01T00:00:00Z', v: 'b' }),
      done('s'),
    ])
    await pipeline.run(database, before, { state: store })
    await pipeline.run(database, telling([gone({ id: 1 }), put({ id: 2, at: '2025-01-01T00:00:00Z', v: 'b2' })]), { state: store })
    expect(await pipeline.rows(`SELECT id, v FROM ${database}.s`)).toEqual([{ id: '2', v: 'b2' }])
    // And one that ceases to tell of them brings nothing back.
    await pipeline.run(database, before, { state: store })
    expect(await pipeline.rows(`SELECT id, v FROM ${database}.s ORDER BY id`)).toEqual([
      { id: '1', v: 'a' },
      { id: '2', v: 'b' },
    ])
  })
})
