import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { planSchema } from '#core/host/contract.ts'
import { countSynced, listRejected } from '#core/sync/rejected.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startWebhookTool } from '#test/fixture/webhook-tool.ts'
import { startSyncHarness, type SyncHarness, syncFile } from './harness.ts'

let h: SyncHarness

beforeAll(async () => {
  h = await startSyncHarness()
})
afterAll(() => h?.stop())
beforeEach(async () => {
  await h.reset()
  await h.source({ a: { name: 'Ada', score: 1 }, b: { name: null, score: 2 }, c: { name: 'O\'Hara "日本" \\ \t', score: -3 } })
})

const held = () => Object.fromEntries(h.tool.records)
const ids = (batch: { body: any }) => batch.body.rows.map(({ key }: { key: string }) => key)

test('sends what is new, then what changed, then nothing', async () => {
  const progress: Record<string, number>[] = []
  const first = await h.run({ progress: (counts) => progress.push(counts) })
  expect(first).toMatchObject({ status: 'succeeded', counts: { planned: 3, accepted: 3, rejected: 0, deleted: 0 } })
  expect(progress.at(-1)).toEqual(first.counts)
  expect(held()).toEqual({
    a: { id: 'a', name: 'Ada', score: 1 },
    b: { id: 'b', name: null, score: 2 },
    c: { id: 'c', name: 'O\'Hara "日本" \\ \t', score: -3 },
  })
  expect(h.tool.requests[0]!.body).toMatchObject({ sync: 'contacts', object: 'contacts', operation: 'upsert' })

  await h.source({ a: { name: 'Ada', score: 1 }, b: { name: 'Bo', score: 2 }, c: { name: null, score: -3 } })
  h.tool.requests.length = 0
  expect((await h.run()).plan.counts).toEqual({ add: 0, update: 2, delete: 0, unchanged: 1, retry: 0 })
  expect(h.tool.requests.map(ids)).toEqual([['b', 'c']])

  h.tool.requests.length = 0
  expect(await h.run()).toMatchObject({ status: 'succeeded', plan: { counts: { unchanged: 3, add: 0, update: 0 } } })
  expect(h.tool.requests).toEqual([])
  expect(await countSynced({ warehouse: h.warehouse })).toEqual(new Map([['contacts', { synced: 3, rejected: 0 }]]))
})

test('the plan shows what a run then does, and does nothing itself', async () => {
  await h.run()
  await h.source({ a: { name: 'Ada', score: 9 }, d: { name: 'Di', score: 4 }, c: { name: 'O\'Hara "日本" \\ \t', score: -3 } })
  h.tool.requests.length = 0
  const before = await h.rows('SELECT * FROM millrace.snapshots FINAL ORDER BY key')
  const plan = await h.plan()
  expect(planSchema.parse(plan)).toEqual(plan)
  expect(h.tool.requests).toEqual([])
  expect(await h.rows('SELECT * FROM millrace.snapshots FINAL ORDER BY key')).toEqual(before)
  expect(await h.rows('SELECT count() AS n FROM millrace.planned')).toEqual([{ n: '0' }])
  expect(plan.steps.map(({ kind, rows, batches }) => [kind, rows, batches])).toEqual([
    ['prepare', 3, 0],
    ['upsert', 2, 1],
    ['delete', 1, 1],
    ['acknowledge', 3, 0],
  ])
  expect(plan.samples).toEqual([
    { operation: 'add', key: 'd', after: { id: 'd', name: 'Di', score: 4 } },
    { operation: 'delete', key: 'b', before: { id: 'b', name: null, score: 2 } },
    { operation: 'update', key: 'a', before: { id: 'a', name: 'Ada', score: 1 }, after: { id: 'a', name: 'Ada', score: 9 } },
  ])
  const run = await h.run()
  expect(run.plan).toEqual(plan)
  expect(h.tool.requests.map(({ body }) => [body.operation, body.rows.length])).toEqual([
    ['upsert', 2],
    ['delete', 1],
  ])
  expect(h.tool.requests[1]!.body.rows).toEqual([{ key: 'b', fields: { id: 'b' } }])
})

test('batches are no larger than the destination takes', async () => {
  await h.source(Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`p${n}`, { name: 'x', score: n }])))
  const run = await h.run()
  expect(run.plan.steps[1]).toMatchObject({ kind: 'upsert', rows: 25, batches: 3 })
  expect(h.tool.requests.map(({ body }) => body.rows.length)).toEqual([10, 10, 5])
})

test('more rows than one window are all sent, each once, whatever their keys hold', async () => {
  const odd = "concat(['\\\\', '\\'', '\\t', '\\n', '日', '%', '{x:String}', '\\0'][number % 8 + 1], toString(number))"
  await h.warehouse.command(
    `CREATE OR REPLACE TABLE shop.people ENGINE = MergeTree ORDER BY tuple() AS SELECT ${odd} AS id, 'x' AS name, number AS score FROM numbers(2345)`,
  )
  const run = await h.run({ batchSize: 100 })
  expect(run).toMatchObject({ status: 'succeeded', counts: { accepted: 2345 } })
  expect(new Set(h.tool.requests.flatMap(ids)).size).toBe(2345)
  expect(h.tool.requests.flatMap(ids)).toHaveLength(2345)
  expect(h.tool.records.get('\\0')).toMatchObject({ score: 0 })
  expect(h.tool.records.get('\t2')).toMatchObject({ score: 2 })
  expect((await h.run({ batchSize: 100 })).plan.counts.unchanged).toBe(2345)
})

describe('rows that the tool refuses', () => {
  beforeEach(() => {
    h.tool.refuse = (key) => (key === 'b' ? 'name is required' : undefined)
  })

  test('are kept with their error and tried again by the next run', async () => {
    const run = await h.run()
    expect(run).toMatchObject({
      status: 'partial',
      counts: { accepted: 2, rejected: 1 },
      error: { code: 'row-rejected', message: expect.stringContaining('"b"') },
    })
    const [row] = await listRejected({ warehouse: h.warehouse, sync: 'contacts', limit: 10 })
    expect(row).toMatchObject({
      key: 'b',
      operation: 'upsert',
      fields: { id: 'b', name: null, score: 2 },
      attempts: 1,
      error: { message: 'name is required' },
    })
    expect(Math.abs(row!.rejectedAt - Date.now())).toBeLessThan(60_000)

    const again = await h.run()
    expect(again.plan.counts).toEqual({ add: 0, update: 0, delete: 0, unchanged: 2, retry: 1 })
    expect((await listRejected({ warehouse: h.warehouse, sync: 'contacts', limit: 10 }))[0]!.attempts).toBe(2)

    h.tool.refuse = () => undefined
    expect(await h.run()).toMatchObject({ status: 'succeeded', counts: { accepted: 1 } })
    expect(await listRejected({ warehouse: h.warehouse, sync: 'contacts', limit: 10 })).toEqual([])
  })

  test('are all that a retry sends', async () => {
    await h.run()
    await h.source({ a: { name: 'Ada', score: 100 }, b: { name: 'Bo', score: 2 }, z: { name: 'new', score: 0 } })
    h.tool.requests.length = 0
    h.tool.refuse = () => undefined
    expect(await h.retry()).toMatchObject({
      status: 'succeeded',
      counts: { accepted: 1, deleted: 0 },
      plan: { counts: { add: 0, update: 0, delete: 0, unchanged: 0, retry: 1 } },
    })
    expect(h.tool.requests.map(ids)).toEqual([['b']])
    expect(held().b).toEqual({ id: 'b', name: 'Bo', score: 2 })
    expect(await countSynced({ warehouse: h.warehouse })).toEqual(new Map([['contacts', { synced: 3, rejected: 0 }]]))
  })

  test('are forgotten once the source no longer asks for it', async () => {
    await h.run()
    await h.source({ a: { name: 'Ada', score: 1 } })
    expect((await h.run({ sync: syncFile({ mode: 'upsert' }) })).plan.counts.retry).toBe(0)
    expect(await listRejected({ warehouse: h.warehouse, sync: 'contacts', limit: 10 })).toEqual([])
  })

  test('all of them refused is a failure', async () => {
    h.tool.refuse = () => 'no'
    expect(await h.run()).toMatchObject({ status: 'failed', counts: { rejected: 3 } })
  })

  test('a deletion may be refused too, and is tried again', async () => {
    h.tool.refuse = () => undefined
    await h.run()
    await h.source({ a: { name: 'Ada', score: 1 }, c: { name: 'O\'Hara "日本" \\ \t', score: -3 } })
    h.tool.refuse = () => 'locked'
    expect(await h.run()).toMatchObject({ status: 'partial', counts: { rejected: 1 } })
    expect(await listRejected({ warehouse: h.warehouse, sync: 'contacts', limit: 10 })).toMatchObject([
      { key: 'b', operation: 'delete', error: { message: 'locked' } },
    ])
    h.tool.refuse = () => undefined
    expect((await h.run()).plan.counts).toMatchObject({ delete: 0, retry: 1 })
    expect(Object.keys(held())).toEqual(['a', 'c'])
  })
})

describe('a tool in trouble', () => {
  test('is tried again after 500, 429 and broken connections, and ends up with every row', async () => {
    h.tool.faults = [{ status: 500 }, 'reset-before', { status: 429, headers: { 'retry-after': '0' } }, 'reset-after', 'error-after']
    expect(await h.run()).toMatchObject({ status: 'succeeded', counts: { accepted: 3, delivered: 3 } })
    expect(h.tool.requests).toHaveLength(6)
    expect(h.tool.records.size).toBe(3)
  })

  test('waits as long as Retry-After says, and grows its pauses otherwise', async () => {
    h.tool.faults = [{ status: 429, headers: { 'retry-after': '7' } }, { status: 503 }, { status: 503 }, { status: 503 }]
    const pauses: number[] = []
    const runtime = testRuntime({ random: () => 1 })
    runtime.clock = { now: () => Date.now(), sleep: async (ms) => void pauses.push(ms) }
    await h.run({ runtime })
    expect(pauses).toEqual([7000, 2000, 4000, 8000])
  })

  test('that stays down fails the run; the next one takes it up', async () => {
    h.tool.faults = Array.from({ length: 6 }, () => ({ status: 503 }))
    expect(await h.run()).toMatchObject({
      status: 'failed',
      error: { code: 'destination-unavailable', retryable: true },
      counts: { accepted: 0 },
    })
    expect(await h.run()).toMatchObject({ status: 'succeeded', counts: { accepted: 3 } })
  })

  test('that asks for a very long pause ends the run instead', async () => {
    h.tool.faults = [{ status: 429, headers: { 'retry-after': '3600' } }]
    expect(await h.run()).toMatchObject({ status: 'failed', error: { code: 'destination-throttled' } })
    expect(h.tool.requests).toHaveLength(1)
  })

  test('that refuses our credentials stops the run at once, and keeps what was accepted before', async () => {
    await h.source(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, { name: 'x', score: n }])))
    h.tool.faults = [undefined, { status: 401 }]
    expect(await h.run()).toMatchObject({
      status: 'partial',
      error: { code: 'destination-auth', fault: 'config' },
      counts: { accepted: 10 },
    })
    expect(h.tool.requests).toHaveLength(2)
    expect((await h.run()).plan.counts).toMatchObject({ add: 20, unchanged: 10 })
  })

  test('that is not there at all is named', async () => {
    const gone = await startWebhookTool()
    await gone.stop()
    const run = await h.run({ files: { 'destinations/crm.yaml': `connector: webhook\nconfig:\n  url: ${gone.url}\n` } })
    expect(run).toMatchObject({ status: 'failed', error: { code: 'destination-unreachable' } })
  })
})

test('a tool that takes events alone is named before anything is asked of the warehouse', async () => {
  const config = 'connector: ga4\nconfig:\n  measurement_id: G-ABC\n  api_secret: x\n'
  await expect(h.plan({ files: { 'destinations/crm.yaml': config } })).rejects.toMatchObject({
    code: 'rows-unsupported',
    mend: 'These connectors take rows: webhook.',
  })
})

describe('nothing is deleted by surprise', () => {
  test('an upsert never deletes', async () => {
    await h.run({ sync: syncFile({ mode: 'upsert' }) })
    await h.source({ a: { name: 'Ada', score: 1 } })
    expect((await h.run({ sync: syncFile({ mode: 'upsert' }) })).plan.counts).toMatchObject({ delete: 0, unchanged: 1 })
    expect(h.tool.records.size).toBe(3)
  })

  test('a mirror leaves alone what it did not create', async () => {
    h.tool.records.set('foreign', { name: 'not ours' })
    h.tool.records.set('a', { name: 'was there before' })
    await h.run()
    await h.source({ b: { name: null, score: 2 } })
    expect(await h.run()).toMatchObject({ status: 'succeeded', counts: { deleted: 1 } })
    expect(h.tool.deleted).toEqual(['c'])
    expect(Object.keys(held()).toSorted()).toEqual(['a', 'b', 'foreign'])
  })

  test('a run that would delete too much stops before anything is sent', async () => {
    await h.run()
    await h.source({ a: { name: 'Ada', score: 9 }, b: { name: null, score: 2 } })
    h.tool.requests.length = 0
    const sync = syncFile({ delete_guard: 0.1 })
    const plan = await h.plan({ sync })
    expect(plan.blocked).toMatchObject({
      code: 'delete-guard',
      at: { file: 'syncs/contacts.yaml' },
      message: expect.stringContaining('33.3%'),
    })
    expect(await h.run({ sync })).toMatchObject({ status: 'failed', error: { code: 'delete-guard' }, counts: { delivered: 0 } })
    expect(h.tool.requests).toEqual([])
    expect(await h.rows("SELECT status, error != '' AS told FROM millrace.sync_log ORDER BY started_at DESC LIMIT 1")).toEqual([
      { status: 'failed', told: 1 },
    ])
  })

  test('an empty source stops a mirror', async () => {
    await h.run()
    await h.source({})
    expect((await h.plan({ sync: syncFile({ delete_guard: 0.99 }) })).blocked).toMatchObject({ code: 'source-empty' })
  })

  test('another target, object or key starts anew and deletes nothing of the old', async () => {
    await h.run()
    await h.source({ z: { name: 'Zoe', score: 0 } })
    const plan = await h.plan({ sync: syncFile({ key: 'name' }) })
    expect(plan.counts).toEqual({ add: 1, update: 0, delete: 0, unchanged: 0, retry: 0 })
    expect((await h.plan({ sync: syncFile({ object: 'people' }) })).counts.delete).toBe(0)
  })
})

test.each([
  ['a key twice', 'a, a', 'key-not-unique', '"a"'],
  ['a NULL key', 'a, NULL', 'key-missing', 'no id'],
  ['an empty key', 'a, ', 'key-missing', 'no id'],
])('%s blocks the run and says so', async (_name, keys, code, words) => {
  const values = keys.split(', ').map((key) => `(${key === 'NULL' ? 'NULL' : `'${key}'`}, 'x', 1)`)
  await h.warehouse.command(`TRUNCATE TABLE shop.people`)
  await h.warehouse.command(`INSERT INTO shop.people VALUES ${values.join(', ')}`)
  const run = await h.run()
  expect(run).toMatchObject({
    status: 'failed',
    error: { code, at: { file: 'syncs/contacts.yaml' }, message: expect.stringContaining(words) },
  })
  expect(h.tool.requests).toEqual([])
})

test.each([
  [{ from: 'shop.nobody' }, { code: 'invalid-sql', at: { field: 'from' } }],
  [{ from: "ref('nobody')" }, { code: 'unknown-ref', at: { field: 'from' } }],
  [{ key: 'idd' }, { code: 'invalid-sql', at: { field: 'key' } }],
  [{ where: 'scor > 1' }, { code: 'invalid-sql', at: { field: 'where' } }],
  [{ fields: { id: 'id', name: 'upper(nam)' } }, { code: 'invalid-sql', at: { field: 'fields.name' } }],
  [{ destination: 'crmm' }, { code: 'unknown-destination', mend: 'Did you mean "crm"?' }],
])('a mistake in the file is named with its field: %j', async (change, error) => {
  await expect(h.plan({ sync: syncFile(change) })).rejects.toMatchObject({
    ...error,
    ...('at' in error ? { at: { file: 'syncs/contacts.yaml', ...error.at } } : {}),
  })
})

test('values arrive as JSON that tools understand', async () => {
  await h.warehouse
    .command(`CREATE OR REPLACE VIEW shop.kinds AS SELECT 7 AS id, toUInt64(5) AS small, 18446744073709551615 AS large, toDecimal64('12.50', 2) AS price,
    toDateTime('2026-02-03 04:05:06', 'Europe/Berlin') AS at, nan AS nothing, true AS yes, ['a', 'b'] AS list, CAST(NULL, 'Nullable(Int64)') AS missing, CAST(3, 'Dynamic') AS dyn`)
  const fields = Object.fromEntries(
    ['id', 'small', 'large', 'price', 'at', 'nothing', 'yes', 'list', 'missing', 'dyn', '"First Name"'].map((name) => [
      name.replaceAll('"', ''),
      name === '"First Name"' ? "'x' -- why" : name,
    ]),
  )
  await h.run({ sync: syncFile({ from: 'SELECT * FROM shop.kinds', where: 'id > 0 -- all', fields }) })
  expect(held()).toEqual({
    7: {
      id: 7,
      small: 5,
      large: '18446744073709551615',
      price: 12.5,
      at: '2026-02-03T03:05:06Z',
      nothing: null,
      yes: true,
      list: ['a', 'b'],
      missing: null,
      dyn: 3,
      'First Name': 'x',
    },
  })
  expect(
    (await h.run({ sync: syncFile({ from: 'SELECT * FROM shop.kinds', where: 'id > 0 -- all', fields }) })).plan.counts.unchanged,
  ).toBe(1)
})

test('a cancelled run keeps what the tool took, and the next run sends the rest', async () => {
  await h.source(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, { name: 'x', score: n }])))
  const controller = new AbortController()
  const run = await h.run({ runtime: testRuntime({ signal: controller.signal }), progress: () => controller.abort() })
  expect(run).toMatchObject({ status: 'cancelled', counts: { accepted: 10 } })
  expect((await h.run()).plan.counts).toMatchObject({ add: 20, unchanged: 10 })
  expect(h.tool.records.size).toBe(30)
})

/** The warehouse, gone for good from the n-th write to millrace.snapshots on: what a killed process leaves behind. */
const dyingAt = (n: number) => {
  let writes = 0
  return {
    ...h.warehouse,
    insert: (...call: Parameters<typeof h.warehouse.insert>) => {
      if (call[0].table === 'snapshots' && ++writes >= n) throw Object.assign(new Error('killed'), { name: 'AbortError' })
      return h.warehouse.insert(...call)
    },
  }
}

describe('a crash between delivery and acknowledgement', () => {
  test('sends again, and loses nothing', async () => {
    await h.run({ warehouse: dyingAt(2) })
    expect(h.tool.records.size).toBe(3)
    expect((await h.run()).plan.counts).toMatchObject({ add: 3 })
    expect((await h.run()).plan.counts).toMatchObject({ unchanged: 3 })
  })

  test('a row that left the source meanwhile is deleted by the mirror', async () => {
    await h.run({ warehouse: dyingAt(2) })
    await h.source({ a: { name: 'Ada', score: 1 } })
    expect(await h.run()).toMatchObject({ status: 'succeeded' })
    expect(Object.keys(held())).toEqual(['a'])
  })

  test('a change that was taken back meanwhile is taken back at the tool', async () => {
    await h.run()
    await h.source({ a: { name: 'Changed', score: 1 }, b: { name: null, score: 2 }, c: { name: 'O\'Hara "日本" \\ \t', score: -3 } })
    await h.run({ warehouse: dyingAt(2) })
    expect(held().a).toMatchObject({ name: 'Changed' })
    await h.source({ a: { name: 'Ada', score: 1 }, b: { name: null, score: 2 }, c: { name: 'O\'Hara "日本" \\ \t', score: -3 } })
    await h.run()
    expect(held().a).toMatchObject({ name: 'Ada' })
  })

  test('a row that was never sent is not taken for one that this sync created', async () => {
    h.tool.records.set('a', { name: 'foreign' })
    h.tool.faults = [{ status: 401 }]
    await h.run()
    await h.source({ b: { name: null, score: 2 } })
    await h.run()
    expect(held().a).toEqual({ name: 'foreign' })
  })
})
