import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { type ApiServer, startApiServer } from '#test/fixture/api-server.ts'
import { millrace, startMillrace } from '#test/fixture/command.ts'
import { eventually } from '#test/fixture/eventually.ts'
import type { TestStack } from '#test/fixture/stack-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { makeShopStack } from './shop-stack.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

let server: TestWarehouse
let warehouse: ClickHouseWarehouse
let api: ApiServer
let stack: TestStack
beforeAll(async () => {
  server = await startTestWarehouse()
  warehouse = createClickHouse(server)
  api = await startApiServer()
  api.collections.set('orders', [1, 2, 3, 4].map(order))
  api.collections.set('people', [{ id: 1 }])
  stack = await makeShopStack(server, api, { 'sources/site.yaml': 'kind: sdk\nwrite_key: a_write_key\n' })
})
afterAll(async () => {
  await stack?.remove()
  await api?.close()
  await warehouse?.close()
  await server?.stop()
})

const order = (day: number) => ({ id: day, updated_at: `2026-01-0${day}T00:00:00Z` })

async function run(args: string[], input?: string) {
  const { code, lines, stderr } = await millrace([...args, '--json'], {
    cwd: stack.path,
    env: { WAREHOUSE_PASSWORD: server.password },
    ...(input === undefined ? {} : { input }),
  })
  expect(stderr).not.toMatch(/\n\s+at /)
  return { code, lines, result: lines.find(({ type }) => type === 'result'), error: lines.find(({ type }) => type === 'error')?.['error'] }
}

const state = (...args: string[]) => run(['source', 'state', ...args])
const version = async () => (await state('show', 'shop', 'orders')).result!['states'][0]?.version as number
/** Days that the API was asked to begin at in a sync. */
async function syncedSince(): Promise<(string | null)[]> {
  const before = api.requests.length
  expect((await run(['source', 'sync', 'shop'])).code).toBe(0)
  const asked = api.requests.slice(before).filter(({ url }) => url.includes('orders'))
  return asked.map(({ url }) => new URL(url, api.url).searchParams.get('since'))
}

it('shows nothing before the first run, and then what the next one begins with', async () => {
  expect((await state('show', 'shop')).result).toEqual({ type: 'result', source: 'shop', states: [] })
  expect(await syncedSince()).toEqual(['2026-01-01T00:00:00Z'])
  expect((await state('show', 'shop')).result!['states']).toEqual([
    { stream: 'orders', version: expect.any(Number), state: { updated_at: '2026-01-04T00:00:00Z' }, at: expect.any(Number) },
  ])
  expect(await syncedSince()).toEqual(['2026-01-04T00:00:00Z'])
})

it('lets the next run begin where it is set to, also against what the warehouse remembers', async () => {
  const before = await version()
  const set = await state('set', 'shop', 'orders', '{"updated_at":"2026-01-02T00:00:00Z"}')
  expect(set.code).toBe(0)
  expect(set.result!['states'][0].version).toBeGreaterThan(before)
  expect(await syncedSince()).toEqual(['2026-01-02T00:00:00Z'])
})

it('exports states that set takes back, and a read without a stack too', async () => {
  const exported = await state('export', 'shop')
  expect(exported.code).toBe(0)
  expect(exported.lines).toMatchObject([{ type: 'state', stream: 'orders', state: { updated_at: '2026-01-04T00:00:00Z' } }])
  expect((await state('reset', 'shop', 'orders')).code).toBe(0)
  expect((await state('export', 'shop')).lines).toEqual([])
  const back = await run(['source', 'state', 'set', 'shop', '--from', '-'], `${JSON.stringify(exported.lines[0])}\n`)
  expect(back.code).toBe(0)
  expect(await syncedSince()).toEqual(['2026-01-04T00:00:00Z'])
})

it('resets all, so that everything is read again', async () => {
  const reset = await state('reset', 'shop')
  expect(reset.result!['states']).toMatchObject([{ stream: 'orders', state: null }])
  expect(await syncedSince()).toEqual(['2026-01-01T00:00:00Z'])
})

it('changes a state only while it has the version that was looked at', async () => {
  const seen = await version()
  expect((await state('set', 'shop', 'orders', '{"updated_at":"2026-01-03T00:00:00Z"}', '--if-version', String(seen))).code).toBe(0)
  const late = await state('set', 'shop', 'orders', '{"updated_at":"2026-01-01T00:00:00Z"}', '--if-version', String(seen))
  expect(late).toMatchObject({ code: 1, error: { code: 'state-changed' } })
  expect((await state('show', 'shop', 'orders')).result!['states'][0].state).toEqual({ updated_at: '2026-01-03T00:00:00Z' })
})

const refused: [string[], number, string | undefined][] = [
  [['show', 'nothing'], 1, 'unknown-source'],
  [['show', 'site'], 1, 'unknown-source'],
  [['set', 'shop', 'order', '{"updated_at":"2026-01-03T00:00:00Z"}'], 1, 'unknown-stream'],
  [['set', 'shop', 'people', '{"id":1}'], 1, 'invalid-state'],
  [['set', 'shop', 'orders', '{"updated":"2026-01-03T00:00:00Z"}'], 1, 'invalid-state'],
  [['set', 'shop', 'orders', '{updated_at}'], 1, 'invalid-state'],
  [['set', 'shop', 'orders', 'null'], 1, 'invalid-state'],
  [['set', 'shop', '--from', 'nowhere.jsonl'], 1, 'file-unreadable'],
  [['reset', 'shop', 'people'], 1, 'no-state'],
  [['set', 'shop', 'orders'], 2, undefined],
  [['set', 'shop', 'orders', '{}', '--from', '-'], 2, undefined],
]

it('refuses what names nothing and what is no state, and changes nothing then', async () => {
  const before = (await state('show', 'shop')).result
  for (const [args, code, error] of refused) {
    const answer = await state(...args)
    expect({ args, code: answer.code, error: answer.error?.code }).toEqual({ args, code, error })
  }
  expect((await state('show', 'shop')).result).toEqual(before)
})

it('changes nothing while the source runs', async () => {
  const serving = startMillrace(['serve', '--json'], { cwd: stack.path, env: { WAREHOUSE_PASSWORD: server.password } })
  try {
    await serving.result()
    const before = (await state('show', 'shop')).result
    let asked = false
    api.fault = ({ path }) => {
      asked ||= path.includes('orders')
      return 'rate-limit'
    }
    const sync = startMillrace(['source', 'sync', 'shop', '--json'], { cwd: stack.path, env: { WAREHOUSE_PASSWORD: server.password } })
    await eventually(() => asked).toBe(true)
    expect(await state('reset', 'shop')).toMatchObject({ code: 1, error: { code: 'source-runs', fault: 'transient' } })
    expect(await state('set', 'shop', 'orders', '{"updated_at":"2026-01-01T00:00:00Z"}')).toMatchObject({
      code: 1,
      error: { code: 'source-runs' },
    })
    api.fault = () => undefined
    expect(await sync.ended).toBe(0)
    expect((await state('show', 'shop')).result!['states'][0].version).toBe((before!['states'][0].version as number) + 1)
    expect((await state('reset', 'shop')).code).toBe(0)
  } finally {
    serving.process.kill('SIGTERM')
    await serving.ended
  }
})
