import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

type Settings = NonNullable<SourceRun['streams']>[string]

const plain = (records: JsonObject[], schema: JsonObject = { type: 'object' }) =>
  scriptedSource([{ name: 's', schema, primaryKey: [['id']], cursorField: ['at'] }], () => [
    { type: 'records', stream: 's', records },
    done('s'),
  ])

function reader(settings: Settings, schema?: JsonObject) {
  const database = pipeline.freshDatabase()
  const store = memoryState()
  return {
    database,
    read: (...records: JsonObject[]) => pipeline.run(database, plain(records, schema), { state: store, streams: { s: settings } }),
    rows: (columns: string) => pipeline.rows(`SELECT ${columns} FROM ${database}.s ORDER BY _millrace_run, _millrace_id`),
    columns: async () =>
      Object.fromEntries(
        (
          await pipeline.rows<{ name: string; type: string }>(
            `SELECT name, type FROM system.columns WHERE database = '${database}' AND table = 's' AND name NOT LIKE '\\\\_millrace%' ORDER BY position`,
          )
        ).map(({ name, type }) => [name, type]),
      ),
    loads: () =>
      pipeline.rows(
        `SELECT rows, rows_discarded, values_discarded, changes FROM millrace.loads WHERE source = '${database}' AND status = 'succeeded' ORDER BY run DESC LIMIT 1`,
      ),
  }
}

const old: JsonObject[] = [{ id: 1, n: 1 }]
const drifted: JsonObject[] = [
  { id: 2, n: 2 },
  { id: 3, n: 'three', fresh: { a: 1 } },
  { id: 4, n: 4, fresh: null },
]
const narrow = { id: 'Nullable(Int64)', n: 'Nullable(Int64)' }

describe('records that no longer fit their table', () => {
  test('freeze: columns stay, and what does not fit stands beside its row', async () => {
    const { read, rows, columns } = reader({ mode: 'incremental_append', schema: 'freeze' })
    await read(...old)
    expect(await read(...drifted)).toMatchObject({ status: 'succeeded', counts: { rows_written: 3, row_errors: 1, rows_discarded: 0 } })
    expect(await columns()).toEqual(narrow)
    expect(await rows('id, n, _millrace_errors AS errors')).toEqual([
      { id: '1', n: '1', errors: {} },
      { id: '2', n: '2', errors: {} },
      { id: '3', n: null, errors: { n: '"three"', fresh: '{"a":1}' } },
      { id: '4', n: '4', errors: {} },
    ])
  })

  test('discard_value: columns stay, and the values are left out, counted and named', async () => {
    const { read, rows, columns, loads, database } = reader({ mode: 'incremental_append', schema: 'discard_value' })
    await read(...old)
    const result = await read(...drifted)
    expect(result).toMatchObject({ status: 'succeeded', counts: { rows_written: 3, row_errors: 0, values_discarded: 2 } })
    const changes = ['leave out 1 values of fresh: schema is discard_value', 'leave out 1 values of n: schema is discard_value']
    expect(result.streams[0]!.changes).toEqual(changes)
    expect(await loads(), database).toEqual([{ rows: '3', rows_discarded: '0', values_discarded: '2', changes }])
    expect(await columns()).toEqual(narrow)
    expect(await rows('id, n, length(_millrace_errors) AS errors')).toContainEqual({ id: '3', n: null, errors: '0' })
  })

  test('discard_row: columns stay, and the rows are left out, counted and named', async () => {
    const { read, rows, columns, loads } = reader({ mode: 'incremental_append', schema: 'discard_row' })
    await read(...old)
    expect(await read(...drifted)).toMatchObject({ status: 'succeeded', counts: { rows_read: 3, rows_written: 2, rows_discarded: 1 } })
    expect(await columns()).toEqual(narrow)
    expect(await rows('id')).toEqual([{ id: '1' }, { id: '2' }, { id: '4' }])
    expect(await loads()).toMatchObject([{ rows: '2', rows_discarded: '1', values_discarded: '0' }])
  })

  test('stop: the stream fails and says where, and nothing of the run is kept', async () => {
    const { read, rows, columns } = reader({ mode: 'incremental_append', schema: 'stop' })
    await read(...old)
    const result = await read(...drifted)
    expect(result).toMatchObject({ status: 'failed', error: { code: 'schema-changed', fault: 'config' } })
    expect(result.error!.message).toContain('fresh')
    expect(await columns()).toEqual(narrow)
    expect(await rows('id')).toEqual([{ id: '1' }])
  })

  test('a column that the source newly declares is not added either, and a key is widened all the same', async () => {
    const { read, database } = reader({ schema: 'freeze' })
    await read(...old)
    const declared = plain([{ id: 'x', n: 2, late: 'y' }], { type: 'object', properties: { late: { type: 'string' } } })
    await pipeline.run(database, declared, { streams: { s: { schema: 'freeze' } } })
    expect(await pipeline.rows(`SELECT id, n, _millrace_errors AS errors FROM ${database}.s ORDER BY id`)).toEqual([
      { id: '1', n: '1', errors: {} },
      { id: 'x', n: '2', errors: { late: '"y"' } },
    ])
  })

  test('the setting of the source holds for streams that do not say otherwise', async () => {
    const database = pipeline.freshDatabase()
    const options = { defaults: { schema: 'discard_row' as const }, streams: { s: { mode: 'full_refresh_append' as const } } }
    await pipeline.run(database, plain(old), options)
    expect((await pipeline.run(database, plain(drifted), options)).counts).toMatchObject({ rows_discarded: 1 })
    const own = { ...options, streams: { s: { mode: 'full_refresh_append' as const, schema: 'evolve' as const } } }
    expect((await pipeline.run(database, plain(drifted), own)).counts).toMatchObject({ rows_written: 3, rows_discarded: 0 })
  })
})

describe('nested objects, flattened', () => {
  const flat = { mode: 'incremental_append', nested: 'flatten' } as const

  test('are a column a field, typed and widened as others are', async () => {
    const { read, rows, columns } = reader(flat)
    await read({ id: 1, buyer: { name: 'Ada', address: { city: 'Paris', zip: 75001 } }, tags: [{ k: 1 }], none: {} })
    await read({ id: 2, buyer: { name: 'Bob', address: { zip: 'N1', lat: 1.5 } } }, { id: 3, buyer: null })
    expect(await columns()).toEqual({
      id: 'Nullable(Int64)',
      buyer_name: 'Nullable(String)',
      buyer_address_city: 'Nullable(String)',
      buyer_address_zip: 'Nullable(String)',
      tags: 'Array(JSON)',
      buyer_address_lat: 'Nullable(Float64)',
    })
    expect(await rows('id, buyer_name AS name, buyer_address_zip AS zip, buyer_address_lat AS lat')).toEqual([
      { id: '1', name: 'Ada', zip: '75001', lat: null },
      { id: '2', name: 'Bob', zip: 'N1', lat: 1.5 },
      { id: '3', name: null, zip: null, lat: null },
    ])
  })

  test('follow the schema, and keep a value that is an object at times', async () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'object', properties: { n: { type: 'integer' }, when: { type: 'string', format: 'date-time' } } } },
    }
    const { read, rows, columns } = reader(flat, schema)
    await read({ id: 1, a: { n: 'x', when: '2026-01-01T00:00:00Z' }, b: { c: 1 } }, { id: 2, a: { n: 2 }, b: 5 })
    expect(await columns()).toMatchObject({
      a_n: 'Nullable(Int64)',
      a_when: "Nullable(DateTime64(3, 'UTC'))",
      b_c: 'Nullable(Int64)',
      b: 'Nullable(Int64)',
    })
    expect(await rows('a_n, b_c, b, _millrace_errors AS errors')).toEqual([
      { a_n: null, b_c: '1', b: null, errors: { a_n: '"x"' } },
      { a_n: '2', b_c: null, b: '5', errors: {} },
    ])
  })

  test('under freeze, a new field within one counts as new', async () => {
    const { read, rows } = reader({ ...flat, schema: 'freeze' })
    await read({ id: 1, a: { n: 1 } })
    await read({ id: 2, a: { n: 2, m: { x: 3 } } })
    expect(await rows('a_n, _millrace_errors AS errors')).toEqual([
      { a_n: '1', errors: {} },
      { a_n: '2', errors: { 'a.m.x': '3' } },
    ])
  })
})
