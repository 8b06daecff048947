import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type ApiServer, startApiServer } from '#test/fixture/api-server.ts'
import { millrace } from '#test/fixture/command.ts'
import type { TestStack } from '#test/fixture/stack-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { makeShopStack } from './shop-stack.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

let server: TestWarehouse
let api: ApiServer
let stack: TestStack
beforeAll(async () => {
  server = await startTestWarehouse()
  api = await startApiServer()
  api.collections.set(
    'orders',
    [1, 2, 3].map((day) => ({ id: day, updated_at: `2026-01-0${day}T00:00:00Z` })),
  )
  api.collections.set('people', [{ id: 1 }])
  stack = await makeShopStack(server, api)
})
afterAll(async () => {
  await stack?.remove()
  await api?.close()
  await server?.stop()
})

/** Runs `source sync shop`; with what the API was asked in it. */
async function sync(...args: string[]) {
  const before = api.requests.length
  const { code, lines, stderr } = await millrace(['source', 'sync', 'shop', ...args, '--json'], {
    cwd: stack.path,
    env: { WAREHOUSE_PASSWORD: server.password },
  })
  expect(stderr).not.toMatch(/\n\s+at /)
  const asked = api.requests.slice(before).map(({ url }) => {
    const { pathname, searchParams } = new URL(url, api.url)
    return [pathname.split('/').at(-1), searchParams.get('since')]
  })
  return { code, asked, run: lines.find(({ type }) => type === 'result')?.['run'] }
}

it('reads what is new, or a stream alone, or one from its beginning', async () => {
  expect(await sync()).toMatchObject({ code: 0, run: { counts: { streams: 2, rows_written: 4 } } })
  expect((await sync('--stream', 'orders')).asked).toEqual([['orders', '2026-01-03T00:00:00Z']])
  const refresh = await sync('--refresh', 'orders')
  expect(refresh).toMatchObject({ code: 0, run: { counts: { streams: 1, rows_written: 3 } } })
  expect(refresh.asked).toEqual([['orders', '2026-01-01T00:00:00Z']])
  expect((await sync('--stream', 'orders')).asked).toEqual([['orders', '2026-01-03T00:00:00Z']])
})

it('refuses what goes not together, and streams that there are not', async () => {
  expect((await sync('--from', '1')).code).toBe(2)
  expect((await sync('--stream', 'people', '--refresh', 'orders')).code).toBe(2)
  expect(await sync('--stream', 'nope')).toMatchObject({ code: 1, run: { error: { code: 'unknown-stream' } } })
  expect(await sync('--stream', 'people', '--from', '1')).toMatchObject({ code: 1 })
})
