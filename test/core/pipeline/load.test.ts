import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClickHouse, type ClickHouseWarehouse } from '#desktop/host/clickhouse.ts'
import type { SourceMessage } from '#core/connector/source.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { fail } from '#core/lib/result.ts'
import { runSource, type SourceRun } from '#core/pipeline/run.ts'
import { resetState } from '#core/pipeline/state.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { createKiller } from '#test/fixture/killer.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { done, scriptedSource } from '#test/fixture/scripted-source.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

let process: TestWarehouse
let warehouse: ClickHouseWarehouse
let databases = 0
let runs = 0

beforeAll(async () => {
  process = await startTestWarehouse()
  warehouse = createClickHouse(process)
})

afterAll(async () => {
  await warehouse.close()
  await process.stop()
})

const freshDatabase = () => `db${++databases}`
const rows = <Row = JsonObject>(sql: string) => queryRows<Row>(warehouse, sql)
const failure = new MillraceError({ code: 'source-unavailable', fault: 'transient', message: 'gone' })

function run(database: string, source: SourceRun['source'], options: Partial<SourceRun> = {}) {
  const store = options.state ?? memoryState()
  return runSource({
    source,
    config: {},
    sourceName: database,
    database,
    state: store,
    warehouse,
    runtime: testRuntime(),
    runId: `run-${++runs}`,
    ...options,
  })
}

function records(stream: string, items: JsonObject[]): SourceMessage {
  return { type: 'records', stream, records: items }
}

function state(stream: string, value: number): SourceMessage {
  return { type: 'state', stream, state: { at: value } }
}

/** A stream `s` with the given records, read whole. */
function plain(items: JsonObject[], schema: JsonObject = { type: 'object' }) {
  return scriptedSource([{ name: 's', schema }], () => [records('s', items), done('s')])
}

/** A stream `s` with the key `id` and the cursor `at`, and the given records. */
function keyed(items: JsonObject[], at: number) {
  return scriptedSource([{ name: 's', primaryKey: [['id']], cursorField: ['at'] }], () => [records('s', items), state('s', at), done('s')])
}

/** Records from the state's `at` (exclusive), a state after each `every`. */
function feed(items: { id: number; at: number; v?: string }[], every = 1000, options: { failAfter?: number } = {}) {
  return scriptedSource([{ name: 's', primaryKey: [['id']], cursorField: ['at'] }], function* (request) {
    const from = (request.streams[0]!.state as { at: number } | undefined)?.at ?? -1
    const due = items.filter(({ at }) => at > from)
    for (let start = 0; start < due.length; start += every) {
      if (options.failAfter !== undefined && start >= options.failAfter) {
        yield { type: 'done', stream: 's', result: fail(failure) }
        return
      }
      const part = due.slice(start, start + every)
      yield records('s', part as unknown as JsonObject[])
      yield state('s', part.at(-1)!.at)
    }
    yield done('s')
  })
}

async function columnTypes(database: string, table = 's') {
  const columns = await rows<{ name: string; type: string }>(
    `SELECT name, type FROM system.columns WHERE database = '${database}' AND table = '${table}' AND name NOT LIKE '\\\\_millrace%' ORDER BY position`,
  )
  return Object.fromEntries(columns.map(({ name, type }) => [name, type]))
}

describe('types', () => {
  test('are inferred from values, and every value arrives', async () => {
    const database = freshDatabase()
    const result = await run(
      database,
      plain([
        {
          id: 1,
          Price: 9.5,
          paid: true,
          day: '2026-01-31',
          placedAt: '2026-01-31T10:00:00+02:00',
          note: 'x',
          customer: { name: 'Ada' },
          tags: ['a', 'b'],
          lines: [{ sku: 'k', n: 2 }],
          none: null,
        },
        {
          id: 2,
          Price: 3,
          paid: false,
          day: '2026-02-01',
          placedAt: '2026-02-01 10:00:00.125',
          note: '2026',
          customer: {},
          tags: [],
          lines: [],
          none: null,
        },
      ]),
    )
    expect(result).toMatchObject({ status: 'succeeded', counts: { rows_read: 2, rows_written: 2, row_errors: 0, streams: 1 } })
    expect(await columnTypes(database)).toEqual({
      id: 'Nullable(Int64)',
      price: 'Nullable(Float64)',
      paid: 'Nullable(Bool)',
      day: 'Nullable(Date32)',
      placed_at: "Nullable(DateTime64(3, 'UTC'))",
      note: 'Nullable(String)',
      customer: 'JSON',
      tags: 'Array(Nullable(String))',
      lines: 'Array(JSON)',
    })
    expect(await rows(`SELECT * EXCEPT (_millrace_loaded_at) FROM ${database}.s ORDER BY id`)).toEqual([
      {
        _millrace_id: '1',
        _millrace_run: `run-${runs}`,
        _millrace_errors: {},
        id: '1',
        price: 9.5,
        paid: true,
        day: '2026-01-31',
        placed_at: '2026-01-31 08:00:00.000',
        note: 'x',
        customer: { name: 'Ada' },
        tags: ['a', 'b'],
        lines: [{ sku: 'k', n: '2' }],
      },
      {
        _millrace_id: '2',
        _millrace_run: `run-${runs}`,
        _millrace_errors: {},
        id: '2',
        price: 3,
        paid: false,
        day: '2026-02-01',
        placed_at: '2026-02-01 10:00:00.125',
        note: '2026',
        customer: {},
        tags: [],
        lines: [],
      },
    ])
  })

  test('follow the schema where it says so, and a value that does not fit is kept beside the row and counted', async () => {
    const database = freshDatabase()
    const schema = {
      type: 'object',
      properties: {
        id: { type: 'integer' },
        total: { type: ['null', 'number'] },
        at: { type: 'string', format: 'date-time' },
        code: { type: 'string' },
        absent: { type: 'boolean' },
        open: { type: ['array'] },
      },
    }
    const result = await run(
      database,
      plain(
        [
          { id: '7', total: '12.50', at: '2026-01-01', code: 5, open: [1] },
          { id: 'n/a', total: { currency: 'EUR' }, at: '0000-00-00', code: { a: 1 } },
          { id: 1.5, total: null, at: null, code: null },
        ],
        schema,
      ),
    )
    expect(result.counts).toMatchObject({ rows_written: 3, row_errors: 2 })
    expect(
      await rows(`SELECT id, total, at, code, absent, open, _millrace_errors AS errors FROM ${database}.s ORDER BY _millrace_id`),
    ).toEqual([
      { id: '7', total: 12.5, at: '2026-01-01 00:00:00.000', code: '5', absent: null, open: ['1'], errors: {} },
      {
        id: null,
        total: null,
        at: null,
        code: '{"a":1}',
        absent: null,
        open: [],
        errors: { id: '"n/a"', total: '{"currency":"EUR"}', at: '"0000-00-00"' },
      },
      { id: null, total: null, at: null, code: null, absent: null, open: [], errors: { id: '1.5' } },
    ])
    expect(await rows(`SELECT rows, row_errors FROM millrace.loads WHERE source = '${database}' AND status = 'succeeded'`)).toEqual([
      { rows: '3', row_errors: '2' },
    ])
  })

  test('keep integers beyond 2^53, half surrogates, odd names and names that fall together', async () => {
    const database = freshDatabase()
    await run(
      database,
      plain(
        [
          {
            'Größe (cm)': 1,
            userId: 'a',
            user_id: 'b',
            'User ID': 'c',
            _millrace_run: 'theirs',
            '1st': true,
            __proto__x: 1,
            ключ: 2,
            text: 'half \ud800 pair',
            deep: { t: '\udc00' },
            big: '9007199254740993',
          },
        ],
        { type: 'object', properties: { big: { type: 'integer' } } },
      ),
    )
    const [row] = await rows(`SELECT * EXCEPT (_millrace_loaded_at, _millrace_errors) FROM ${database}.s`)
    expect(row).toMatchObject({
      grosse_cm: '1',
      user_id: 'a',
      user_id_2: 'b',
      user_id_3: 'c',
      field_millrace_run: 'theirs',
      _1st: true,
      text: 'half \ufffd pair',
      deep: { t: '\ufffd' },
      big: '9007199254740993',
    })
    await run(database, plain([{ 'User ID': 'c2', user_id: 'b2' }]))
    expect(await rows(`SELECT user_id, user_id_2, user_id_3 FROM ${database}.s`)).toEqual([
      { user_id: null, user_id_2: 'b2', user_id_3: 'c2' },
    ])
  })
})

describe('drift', () => {
  const append = { streams: { s: { mode: 'full_refresh_append' as const } } }

  test('adds columns and widens them, keeping every value', async () => {
    const database = freshDatabase()
    await run(
      database,
      plain([{ n: 1, f: 1, day: '2026-01-01', at: '2026-01-01T10:00:00Z', flag: true, list: [1, 2], object: { a: 1 }, items: [{ x: 1 }] }]),
      append,
    )
    const result = await run(
      database,
      plain([
        {
          n: 'one',
          f: 1.5,
          day: '2026-01-01T10:00:00Z',
          at: 'yesterday',
          flag: 'maybe',
          list: ['x', null],
          object: 'none',
          items: 'none',
          fresh: 1,
        },
      ]),
      append,
    )
    expect(result.status).toBe('succeeded')
    expect(result.streams[0]!.changes).toContain(`add column ${database}.s.fresh Nullable(Int64)`)
    expect(result.streams[0]!.changes).toContain(`widen column ${database}.s.n from Nullable(Int64) to Nullable(String)`)
    expect(
      await rows(
        `SELECT * EXCEPT (_millrace_id, _millrace_run, _millrace_loaded_at, _millrace_errors) FROM ${database}.s ORDER BY _millrace_run`,
      ),
    ).toEqual([
      {
        n: '1',
        f: 1,
        day: '2026-01-01 00:00:00.000',
        at: '2026-01-01T10:00:00.000Z',
        flag: 'true',
        list: ['1', '2'],
        object: '{"a":1}',
        items: '[{"x":1}]',
        fresh: null,
      },
      {
        n: 'one',
        f: 1.5,
        day: '2026-01-01 10:00:00.000',
        at: 'yesterday',
        flag: 'maybe',
        list: ['x', null],
        object: 'none',
        items: 'none',
        fresh: '1',
      },
    ])
    const [line] = await rows<{ changes: string[] }>(
      `SELECT changes FROM millrace.loads WHERE source = '${database}' AND status = 'succeeded' ORDER BY at DESC LIMIT 1`,
    )
    expect(line!.changes.length).toBe(9)
  })

  test('within one run, over several batches, keeps every value too', async () => {
    const database = freshDatabase()
    const items = Array.from({ length: 25_000 }, (_, index) => ({ id: index, v: index < 15_000 ? index : `text ${index}` }))
    const result = await run(database, plain(items))
    expect(result.counts.rows_written).toBe(25_000)
    expect(await rows(`SELECT count() AS n, uniqExact(id) AS ids, countIf(v = toString(id)) AS numbers FROM ${database}.s`)).toEqual([
      { n: '25000', ids: '25000', numbers: '15000' },
    ])
  })

  test('of a key column rewrites the table, and still shows one row a key', async () => {
    const database = freshDatabase()
    const store = memoryState()
    await run(
      database,
      keyed(
        [
          { id: 1, at: 1, v: 'a' },
          { id: 2, at: 1, v: 'b' },
        ],
        1,
      ),
      { state: store },
    )
    const result = await run(
      database,
      keyed(
        [
          { id: 'x-1', at: 2, v: 'c' },
          { id: 2, at: 2, v: 'b2' },
        ],
        2,
      ),
      { state: store },
    )
    expect(result.error).toBeUndefined()
    expect(await rows(`SELECT id, v FROM ${database}.s ORDER BY id`)).toEqual([
      { id: '1', v: 'a' },
      { id: '2', v: 'b2' },
      { id: 'x-1', v: 'c' },
    ])
  })

  test('stops at a thousand columns with an error that says so', async () => {
    const wide = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`f${index}`, index]))
    const result = await run(freshDatabase(), plain([wide]))
    expect(result).toMatchObject({ status: 'failed', error: { code: 'too-many-columns', fault: 'config' } })
  })
})

describe('full refresh', () => {
  test('that fails or is empty leaves the table as it was; one that works replaces it whole', async () => {
    const database = freshDatabase()
    await run(database, plain([{ id: 1 }, { id: 2 }]))
    const failing = scriptedSource([{ name: 's' }], () => [records('s', [{ id: 3 }]), { type: 'done', stream: 's', result: fail(failure) }])
    expect(await run(database, failing)).toMatchObject({ status: 'failed', error: { code: 'source-unavailable' } })
    expect(await rows(`SELECT id FROM ${database}.s ORDER BY id`)).toEqual([{ id: '1' }, { id: '2' }])
    const empty = await run(database, plain([]))
    expect(empty).toMatchObject({ status: 'succeeded', streams: [{ changes: [`keep ${database}.s as it was: the source gave no rows`] }] })
    expect(await rows(`SELECT id FROM ${database}.s ORDER BY id`)).toEqual([{ id: '1' }, { id: '2' }])
    await run(database, plain([{ id: 4 }]))
    expect(await rows(`SELECT id FROM ${database}.s`)).toEqual([{ id: '4' }])
    expect(await rows(`SELECT name FROM system.tables WHERE database = '${database}'`)).toEqual([{ name: 's' }])
  })

  test('is invisible until it is whole', async () => {
    const database = freshDatabase()
    await run(database, plain([{ id: 1 }]))
    const seen: unknown[] = []
    const source = scriptedSource([{ name: 's' }], async function* () {
      for (let batch = 0; batch < 3; batch++) {
        yield records(
          's',
          Array.from({ length: 10_000 }, (_, index) => ({ id: batch * 10_000 + index })),
        )
        seen.push(await rows(`SELECT count() AS n FROM ${database}.s`))
      }
      yield done('s')
    })
    await run(database, source)
    expect(seen).toEqual([[{ n: '1' }], [{ n: '1' }], [{ n: '1' }]])
    expect(await rows(`SELECT count() AS n FROM ${database}.s`)).toEqual([{ n: '30000' }])
  })

  test('by append adds a copy each time, and none when it fails', async () => {
    const database = freshDatabase()
    const append = { streams: { s: { mode: 'full_refresh_append' as const } } }
    await run(database, plain([{ id: 1 }]), append)
    await run(database, plain([{ id: 1 }]), append)
    const failing = scriptedSource([{ name: 's' }], () => [
      records(
        's',
        Array.from({ length: 12_000 }, (_, id) => ({ id })),
      ),
      { type: 'done', stream: 's', result: fail(failure) },
    ])
    await run(database, failing, append)
    expect(await rows(`SELECT count() AS n, uniqExact(_millrace_run) AS runs FROM ${database}.s`)).toEqual([{ n: '2', runs: '2' }])
  })

  test('of an empty stream makes its empty table, typed by its schema', async () => {
    const database = freshDatabase()
    await run(database, plain([], { type: 'object', properties: { id: { type: 'integer' } } }))
    expect(await columnTypes(database)).toEqual({ id: 'Nullable(Int64)' })
  })
})

describe('streams', () => {
  test('fail alone', async () => {
    const database = freshDatabase()
    const source = scriptedSource([{ name: 'a' }, { name: 'b' }, { name: 'c', primaryKey: [['id']] }], () => [
      records('a', [{ id: 1 }]),
      records('b', [{ id: 1 }]),
      { type: 'done', stream: 'a', result: fail(failure) },
      records('b', [{ id: 2 }]),
      done('b'),
      records('c', [{ id: 1 }, { name: 'no id' }]),
      done('c'),
    ])
    const result = await run(database, source, { streams: { a: {}, b: {}, c: { mode: 'incremental_deduped' } } })
    expect(result.status).toBe('partial')
    expect(result.streams.map(({ stream, status, error }) => [stream, status, error?.code])).toEqual([
      ['a', 'failed', 'source-unavailable'],
      ['b', 'succeeded', undefined],
      ['c', 'failed', 'missing-key'],
    ])
    expect(await rows(`SELECT id FROM ${database}.b ORDER BY id`)).toEqual([{ id: '1' }, { id: '2' }])
  })

  test('that do not exist, collide, or cannot be read in a mode are refused by name', async () => {
    const database = freshDatabase()
    expect(await run(database, plain([]), { streams: { nope: {} } })).toMatchObject({ status: 'failed', error: { code: 'unknown-stream' } })
    expect(await run(database, plain([]), { streams: { s: { mode: 'incremental_deduped' } } })).toMatchObject({
      error: { code: 'mode-not-possible' },
    })
    const colliding = scriptedSource([{ name: 'my-stream' }, { name: 'my_stream' }], () => [
      records('my-stream', [{ a: 1 }]),
      done('my-stream'),
    ])
    expect(await run(database, colliding)).toMatchObject({
      status: 'partial',
      streams: [{ status: 'succeeded' }, { status: 'failed', error: { code: 'table-taken' } }],
    })
  })

  test('end with the source when it throws, and say so when it falls silent', async () => {
    const database = freshDatabase()
    const throwing = scriptedSource([{ name: 'a' }, { name: 'b' }], function* () {
      yield records('a', [{ id: 1 }])
      yield done('a')
      yield records('b', [{ id: 1 }])
      throw failure
    })
    expect(await run(database, throwing)).toMatchObject({
      status: 'partial',
      streams: [{ status: 'succeeded' }, { status: 'failed', error: { message: 'gone' } }],
    })
    expect(
      await run(
        database,
        scriptedSource([{ name: 'a' }], () => [records('a', [{ id: 2 }])]),
      ),
    ).toMatchObject({ status: 'failed', error: { code: 'source-broke-off' } })
  })
})

describe('incremental', () => {
  const append = { streams: { s: { mode: 'incremental_append' as const } } }

  test('reads on from the state, shows one row a key, and the newest by its cursor', async () => {
    const database = freshDatabase()
    const store = memoryState()
    await run(
      database,
      feed([
        { id: 1, at: 1, v: 'a' },
        { id: 2, at: 2, v: 'b' },
      ]),
      { state: store },
    )
    const second = await run(
      database,
      feed([
        { id: 1, at: 1, v: 'a' },
        { id: 2, at: 2, v: 'b' },
        { id: 1, at: 4, v: 'a2' },
        { id: 3, at: 5, v: 'c' },
      ]),
      { state: store },
    )
    expect(second.counts.rows_read).toBe(2)
    expect(await store.get(database, 's')).toMatchObject({ version: 2, value: { at: 5 } })
    expect(await rows(`SELECT id, v FROM ${database}.s ORDER BY id`)).toEqual([
      { id: '1', v: 'a2' },
      { id: '2', v: 'b' },
      { id: '3', v: 'c' },
    ])
    await resetState(store, database, 's', 0)
    const third = await run(
      database,
      feed([
        { id: 1, at: 1, v: 'stale' },
        { id: 4, at: 6, v: 'd' },
      ]),
      { state: store },
    )
    expect(third.counts.rows_read).toBe(2)
    expect(await rows(`SELECT id, v FROM ${database}.s ORDER BY id`)).toEqual([
      { id: '1', v: 'a2' },
      { id: '2', v: 'b' },
      { id: '3', v: 'c' },
      { id: '4', v: 'd' },
    ])
    const quiet = await run(database, feed([]), { state: store })
    expect(quiet).toMatchObject({ status: 'succeeded', counts: { rows_read: 0, rows_written: 0 } })
  })

  test('a nested key is a column of its own', async () => {
    const database = freshDatabase()
    const source = scriptedSource([{ name: 's', primaryKey: [['account', 'id'], ['day']], cursorField: ['at'] }], () => [
      records('s', [
        { account: { id: 1 }, day: '2026-01-01', at: 1 },
        { account: { id: 1 }, day: '2026-01-01', at: 2 },
        { account: { id: 2 }, day: '2026-01-01', at: 1 },
      ]),
      done('s'),
    ])
    await run(database, source)
    expect(await rows(`SELECT account_id, day, at FROM ${database}.s ORDER BY account_id`)).toEqual([
      { account_id: '1', day: '2026-01-01', at: '2' },
      { account_id: '2', day: '2026-01-01', at: '1' },
    ])
  })

  test('that fails keeps what a state covers and takes back the rest', async () => {
    const database = freshDatabase()
    const store = memoryState()
    const items = Array.from({ length: 30 }, (_, index) => ({ id: index, at: index }))
    const broken = await run(database, feed(items, 10, { failAfter: 20 }), { ...append, state: store })
    expect(broken.status).toBe('failed')
    expect(await rows(`SELECT count() AS n FROM ${database}.s`)).toEqual([{ n: '20' }])
    await run(database, feed(items, 10), { ...append, state: store })
    expect(await rows(`SELECT count() AS n, uniqExact(id) AS ids FROM ${database}.s`)).toEqual([{ n: '30', ids: '30' }])
  })

  test('rows after the last state of a failed stream are taken back', async () => {
    const database = freshDatabase()
    const store = memoryState()
    const source = scriptedSource([{ name: 's', cursorField: ['at'] }], () => [
      records('s', [{ id: 1 }]),
      state('s', 1),
      records(
        's',
        Array.from({ length: 10_000 }, (_, id) => ({ id: id + 2 })),
      ),
      { type: 'done', stream: 's', result: fail(failure) },
    ])
    await run(database, source, { ...append, state: store })
    expect(await rows(`SELECT id FROM ${database}.s`)).toEqual([{ id: '1' }])
    expect(await store.get(database, 's')).toMatchObject({ value: { at: 1 } })
  })

  test('a cancelled run keeps what is covered and goes on from there', async () => {
    const database = freshDatabase()
    const store = memoryState()
    const abort = new AbortController()
    const source = scriptedSource([{ name: 's', cursorField: ['at'] }, { name: 'never' }], function* () {
      yield records(
        's',
        Array.from({ length: 10_000 }, (_, id) => ({ id })),
      )
      yield state('s', 10_000)
      yield records(
        's',
        Array.from({ length: 10_000 }, (_, id) => ({ id: id + 10_000 })),
      )
      yield records('s', [{ id: 20_001 }])
      abort.abort()
      yield records(
        's',
        Array.from({ length: 10_000 }, (_, id) => ({ id: id + 30_000 })),
      )
    })
    const result = await run(database, source, {
      streams: { s: { mode: 'incremental_append' }, never: {} },
      state: store,
      runtime: testRuntime({ signal: abort.signal }),
    })
    expect(result).toMatchObject({ status: 'cancelled', streams: [{ status: 'cancelled' }, { status: 'cancelled' }] })
    const kept = (await store.get(database, 's'))?.value ?? null
    const [{ n }] = (await rows<{ n: string }>(`SELECT count() AS n FROM ${database}.s`)) as [{ n: string }]
    expect([n, kept]).toEqual(kept === null ? ['0', null] : ['10000', { at: 10_000 }])
  })

  test('a lost state is found again in the load log; a dropped table is read from its beginning', async () => {
    const database = freshDatabase()
    const store = memoryState()
    const items = [
      { id: 1, at: 1 },
      { id: 2, at: 2 },
    ]
    await run(database, feed(items), { ...append, state: store })
    await store.delete(database, 's')
    const again = await run(database, feed(items), { ...append, state: store })
    expect(again.counts.rows_read).toBe(0)
    expect(await store.get(database, 's')).toMatchObject({ value: { at: 2 } })
    await warehouse.command(`DROP TABLE ${database}.s`)
    const anew = await run(database, feed(items), { ...append, state: store })
    expect(anew.counts.rows_written).toBe(2)
  })
})

describe('a run', () => {
  const append = { streams: { s: { mode: 'incremental_append' as const } } }
  const items = Array.from({ length: 40 }, (_, index) => ({ id: index, at: index }))

  function resumable() {
    return scriptedSource([{ name: 's', primaryKey: [['id']], cursorField: ['at'] }], function* (request) {
      const from = (request.streams[0]!.state as { at: number } | undefined)?.at ?? -1
      for (let start = 0; start < items.length; start += 10) {
        const part = items.slice(start, start + 10).filter(({ at }) => at > from)
        if (part.length === 0) continue
        yield records('s', part)
        yield state('s', part.at(-1)!.at)
      }
      yield done('s')
    })
  }

  test.each(['incremental_append', 'incremental_deduped', 'full_refresh_append', 'full_refresh_overwrite'] as const)(
    'that is killed at any call to warehouse or state store is completed by the next: %s',
    async (mode) => {
      const options = { streams: { s: { mode } }, batch: { records: 15, bytes: 1e6 } }
      let killed = 0
      for (let half = 2; half < 200; half += mode === 'incremental_append' ? 1 : 3) {
        const at = Math.floor(half / 2)
        const after = half % 2 === 1
        const database = freshDatabase()
        const store = memoryState()
        const killer = createKiller(at, after)
        const first = run(database, resumable(), { ...options, ...killer.mortal(store, warehouse) })
        const outcome = await Promise.race([first.then(() => 'ended'), killer.death.then(() => 'killed')])
        const second = await run(database, resumable(), { ...options, state: store })
        expect(second.status).toBe('succeeded')
        const expected = mode === 'full_refresh_append' && outcome === 'ended' ? '80' : '40'
        const found = await rows(`SELECT count() AS n, uniqExact(id) AS ids FROM ${database}.s`)
        // A full refresh by append that was killed after its last row was noted counts as done: a second copy is right.
        const isCopy = mode === 'full_refresh_append' && (found[0] as { n: string }).n === '80'
        if (!isCopy || outcome === 'ended')
          expect(found, `killed ${after ? 'after' : 'before'} call ${at}`).toEqual([{ n: expected, ids: '40' }])
        await warehouse.command(`DROP DATABASE ${database}`)
        if (outcome === 'ended') break
        killed++
      }
      expect(killed).toBeGreaterThan(3)
    },
    120_000,
  )

  test.each([
    ['incremental_append', 'nothing'],
    ['incremental_deduped', 'nothing'],
    ['full_refresh_append', 'nothing'],
    ['full_refresh_overwrite', 'nothing'],
    ['full_refresh_overwrite', 'older rows'],
  ] as const)(
    'that loses the warehouse at any one statement, before or after it is done, waits and goes on: %s over %s',
    async (mode, there) => {
      const options = { streams: { s: { mode } }, batch: { records: 25, bytes: 1e6 } }
      let lost = 0
      for (let half = 0, ended = false; !ended; half++) {
        const database = freshDatabase()
        if (there === 'older rows') await run(database, plain([{ id: -1, at: -1 }]), options)
        let left = half >> 1
        ended = true
        const losing = async <Value>(work: () => Promise<Value>): Promise<Value> => {
          if (left-- !== 0) return work()
          ended = false
          lost++
          if (half % 2 === 1) await work()
          throw new MillraceError({ code: 'warehouse-unreachable', fault: 'transient', message: 'connection reset' })
        }
        const shaky: typeof warehouse = {
          ...warehouse,
          query: async function* <Row>(...args: Parameters<typeof warehouse.query>) {
            yield await losing(() => queryRows<Row>(warehouse, ...args))
          },
          command: (...args) => losing(() => warehouse.command(...args)),
          insert: (...args) => losing(() => warehouse.insert(...args)),
        }
        const result = await run(database, resumable(), { ...options, warehouse: shaky })
        const where = `statement ${half >> 1}, ${half % 2 === 1 ? 'after' : 'before'}`
        expect(result.error, where).toBeUndefined()
        expect(await rows(`SELECT count() AS n, uniqExact(id) AS ids, toInt64(min(id)) AS first FROM ${database}.s`), where).toEqual([
          { n: '40', ids: '40', first: '0' },
        ])
        await warehouse.command(`DROP DATABASE ${database}`)
      }
      expect(lost).toBeGreaterThan(20)
    },
    120_000,
  )

  test('that loses every other acknowledgement of an insert writes nothing twice', async () => {
    const database = freshDatabase()
    let failures = 0
    const shaky: typeof warehouse = {
      ...warehouse,
      insert: async (table, input, rest) => {
        const summary = await warehouse.insert(table, input, rest)
        // Acknowledged, and the answer lost on the way: the same batch comes again with its token.
        if (failures++ % 2 === 0)
          throw new MillraceError({ code: 'warehouse-unreachable', fault: 'transient', message: 'connection reset' })
        return summary
      },
    }
    const result = await run(database, resumable(), { ...append, warehouse: shaky })
    expect(result).toMatchObject({ status: 'succeeded', counts: { rows_written: 40 } })
    expect(await rows(`SELECT count() AS n, uniqExact(id) AS ids FROM ${database}.s`)).toEqual([{ n: '40', ids: '40' }])
    expect(
      await rows(`SELECT status, count() AS n FROM millrace.loads WHERE source = '${database}' GROUP BY status ORDER BY status`),
    ).toEqual([
      { status: 'begun', n: '1' },
      { status: 'committed', n: '1' },
      { status: 'succeeded', n: '1' },
    ])
  })
})

describe('a change of mode', () => {
  test('keeps what the other mode wrote', async () => {
    const database = freshDatabase()
    const store = memoryState()
    const source = scriptedSource([{ name: 's', primaryKey: [['id']], cursorField: ['at'] }], () => [
      records('s', [{ id: 1, at: 1 }]),
      state('s', 1),
      done('s'),
    ])
    for (const mode of [
      'full_refresh_overwrite',
      'incremental_deduped',
      'full_refresh_overwrite',
      'incremental_deduped',
      'incremental_append',
    ] as const) {
      const result = await run(database, source, { state: store, streams: { s: { mode } } })
      expect(result.error, mode).toBeUndefined()
      expect(await rows(`SELECT id FROM ${database}.s`)).toEqual([{ id: '1' }])
    }
  })
})
