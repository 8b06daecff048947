import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildModels, testModels } from '#core/model/build.ts'
import { loadStack } from '#core/stack/load.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { stackOf } from '#test/fixture/stack-files.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

let server: TestWarehouse
let warehouse: ClickHouseWarehouse

beforeAll(async () => {
  server = await startTestWarehouse()
  warehouse = createClickHouse(server)
  await warehouse.command('CREATE DATABASE crm')
  await warehouse.command(`CREATE TABLE crm.leads ENGINE = MergeTree ORDER BY id AS
    SELECT number AS id, if(number % 2 = 0, 'qualified', 'new') AS status, toString(number) || '@example.com' AS email FROM numbers(10)`)
})

afterAll(async () => {
  await warehouse?.close()
  await server?.stop()
})

const base = { 'millrace.yaml': 'name: shop\n', 'sources/crm.yaml': 'kind: etl\nconnector: declarative\n' }

async function build(files: Record<string, string>, options: { only?: string } = {}) {
  const stack = await loadStack(stackOf({ ...base, ...files }))
  return buildModels({ stack, warehouse, runtime: testRuntime(), ...options })
}

const rows = <Row>(sql: string) => queryRows<Row>(warehouse, sql)
const engineOf = async (model: string) =>
  (await rows<{ engine: string }>(`SELECT engine FROM system.tables WHERE database = 'models' AND name = '${model}'`))[0]?.engine

test('builds views and tables in the order of their references, whatever their names', async () => {
  const seen: string[] = []
  const stack = await loadStack(
    stackOf({
      ...base,
      'models/a_summary.sql': `SELECT status, count() AS leads FROM {{ ref('z_leads') }} GROUP BY status`,
      'models/z_leads.sql': `/*\nmaterialized: table\norder_by: [id]\ntests:\n  - unique: id\n  - not_null: email\n  - accepted_values: { column: status, values: [qualified, new] }\n  - no_rows: SELECT * FROM ref('z_leads') WHERE id < 0\n*/\nSELECT * FROM source('crm', 'leads')`,
    }),
  )
  const progress: Record<string, number>[] = []
  const result = await buildModels({
    stack,
    warehouse,
    runtime: testRuntime(),
    onModel: ({ name }) => seen.push(name),
    progress: (counts) => progress.push(counts),
  })
  expect(result).toMatchObject({ status: 'succeeded', counts: { models: 2, built: 2, rows: 10, tests: 4, tests_failed: 0 } })
  expect(seen).toEqual(['z_leads', 'a_summary'])
  expect(progress.at(-1)).toEqual(result.counts)
  expect(await engineOf('z_leads')).toBe('MergeTree')
  expect(await engineOf('a_summary')).toBe('View')
  expect(await rows('SELECT * FROM models.a_summary ORDER BY status')).toEqual([
    { status: 'new', leads: '5' },
    { status: 'qualified', leads: '5' },
  ])
  expect(await rows("SELECT sorting_key FROM system.tables WHERE database = 'models' AND name = 'z_leads'")).toEqual([
    { sorting_key: '(id)' },
  ])
})

test('a model changes its kind, there and back, and its content', async () => {
  for (const [kind, value, engine] of [
    ['view', 1, 'View'],
    ['table', 2, 'MergeTree'],
    ['table', 3, 'MergeTree'],
    ['view', 4, 'View'],
    ['view', 5, 'View'],
  ] as const) {
    const result = await build({ 'models/shape.sql': `-- materialized: ${kind}\nSELECT ${value} AS value;` })
    expect(result.status).toBe('succeeded')
    expect(await engineOf('shape')).toBe(engine)
    expect(await rows('SELECT value FROM models.shape')).toEqual([{ value }])
  }
  expect(await rows("SELECT name FROM system.tables WHERE database = 'models' AND name LIKE '%building%'")).toEqual([])
})

test('a build that fails leaves the old table, skips what needs it, and builds the rest', async () => {
  await build({ 'models/base.sql': '-- materialized: table\nSELECT 1 AS x', 'models/child.sql': 'SELECT x FROM ref(base)' })
  const result = await build({
    'models/base.sql': "-- materialized: table\nSELECT throwIf(number = 5, 'broken on purpose') AS x FROM numbers(10)",
    'models/child.sql': 'SELECT x FROM ref(base)',
    'models/grandchild.sql': 'SELECT x FROM ref(child)',
    'models/other.sql': 'SELECT 7 AS x',
  })
  expect(result.status).toBe('partial')
  expect(result.models.map(({ name, status }) => [name, status])).toEqual([
    ['base', 'failed'],
    ['child', 'skipped'],
    ['grandchild', 'skipped'],
    ['other', 'built'],
  ])
  expect(result.error).toMatchObject({
    code: 'invalid-sql',
    at: { file: 'models/base.sql' },
    message: expect.stringContaining('broken on purpose'),
  })
  expect(result.models[2]!.error!.message).toContain('"child"')
  expect(await rows('SELECT x FROM models.base')).toEqual([{ x: 1 }])
  expect(await rows("SELECT name FROM system.tables WHERE database = 'models' AND name LIKE '%building%'")).toEqual([])
})

test('invalid SQL is told with its file and line, in the words of ClickHouse', async () => {
  const result = await build({ 'models/wrong.sql': '-- description: x\n\nSELECT 1,\n  2 FROM FROM x' })
  expect(result.status).toBe('failed')
  expect(result.error).toMatchObject({ code: 'invalid-sql', fault: 'config', at: { file: 'models/wrong.sql', line: 4 } })
  expect(result.error!.message).toContain('Syntax error')
  const unknown = await build({ 'models/wrong.sql': "SELECT emale FROM source('crm', 'leads')" })
  expect(unknown.error!.message).toContain('emale')
})

test('an unknown ref and a cycle stop their models and no others', async () => {
  const result = await build({
    'models/lost.sql': "SELECT 1\nFROM ref('basiss')",
    'models/basis.sql': 'SELECT 1 AS x',
    'models/one.sql': 'SELECT * FROM ref(two)',
    'models/two.sql': 'SELECT * FROM ref(three)',
    'models/three.sql': 'SELECT * FROM ref(one)',
    'models/four.sql': 'SELECT * FROM ref(two)',
  })
  const outcome = (name: string) => result.models.find((model) => model.name === name)!
  expect(outcome('basis').status).toBe('built')
  expect(outcome('lost')).toMatchObject({
    status: 'failed',
    error: { code: 'unknown-ref', at: { file: 'models/lost.sql', line: 2, column: 6 }, mend: 'Did you mean "basis"?' },
  })
  for (const name of ['one', 'two', 'three']) expect(outcome(name)).toMatchObject({ status: 'failed', error: { code: 'model-cycle' } })
  expect(outcome('one').error!.message).toContain('two → three → one → two')
  expect(outcome('four').status).toBe('skipped')
  expect(result.status).toBe('partial')
})

test('one model is built with what it needs; an unknown one is named', async () => {
  const files = { 'models/top.sql': 'SELECT * FROM ref(middle)', 'models/middle.sql': 'SELECT 1 AS x', 'models/aside.sql': 'SELECT 1 AS x' }
  const result = await build(files, { only: 'top' })
  expect(result.models.map(({ name }) => name)).toEqual(['middle', 'top'])
  await expect(build(files, { only: 'tpo' })).rejects.toMatchObject({ code: 'unknown-model', mend: 'Did you mean "top"?' })
})

test('failing tests are counted and shown with sample rows; the result is partial', async () => {
  const sql = `/*
tests:
  - unique: id
  - not_null: email
  - accepted_values: { column: status, values: [a] }
  - no_rows: SELECT id FROM ref(tested) WHERE id = 2
  - unique: nothing
*/
SELECT * FROM VALUES('id Int32, email Nullable(String), status Nullable(String)', (1, 'a', 'a'), (1, NULL, 'b'), (2, 'c', NULL))`
  const result = await build({ 'models/tested.sql': sql })
  expect(result).toMatchObject({ status: 'partial', counts: { tests: 5, tests_failed: 5 }, error: { code: 'model-test-failed' } })
  expect(result.models[0]!.tests).toMatchObject([
    { test: 'unique(id)', status: 'failed', failures: 1, sample: [{ value: 1, copies: '2' }] },
    { test: 'not_null(email)', status: 'failed', failures: 1, sample: [{ id: 1, email: null }] },
    { test: 'accepted_values(status)', status: 'failed', failures: 1, sample: [{ value: 'b', rows: '1' }] },
    { test: 'no_rows', status: 'failed', failures: 1, sample: [{ id: 2 }] },
    { test: 'unique(nothing)', status: 'error', error: { code: 'invalid-sql', at: { file: 'models/tested.sql', line: 7 } } },
  ])
  const stack = await loadStack(stackOf({ ...base, 'models/tested.sql': sql }))
  const again = await testModels({ stack, warehouse, runtime: testRuntime() })
  expect(again.counts.tests_failed).toBe(5)
})

const numbered = (n: number) => ({ 'models/swap.sql': `-- materialized: table\nSELECT ${n} AS build, number FROM numbers(20000)` })

test('readers beside a build always see a whole table', async () => {
  await build(numbered(0))
  const controller = new AbortController()
  const reader = (async () => {
    const seen = new Set<string>()
    while (!controller.signal.aborted) {
      const sql = 'SELECT build, count() AS count FROM models.swap GROUP BY build'
      for (const { build, count } of await rows<{ build: number; count: string }>(sql)) seen.add(`${build > 0}:${count}`)
    }
    return [...seen]
  })()
  for (let n = 1; n <= 8; n++) await build(numbered(n))
  controller.abort()
  for (const state of await reader) expect(state).toMatch(/^(true|false):20000$/)
})

test('a cancelled build says so and keeps what was built', async () => {
  const stack = await loadStack(
    stackOf({
      ...base,
      'models/first.sql': 'SELECT 1 AS x',
      'models/second.sql': '-- materialized: table\nSELECT sleepEachRow(1) AS x FROM numbers(60) SETTINGS max_block_size = 1',
    }),
  )
  const controller = new AbortController()
  const result = await buildModels({
    stack,
    warehouse,
    runtime: testRuntime({ signal: controller.signal }),
    onModel: () => setTimeout(() => controller.abort(), 100),
  })
  expect(result.status).toBe('cancelled')
  expect(result.models.map(({ name }) => name)).toEqual(['first'])
})
