import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { unwrap } from '#core/lib/result.ts'
import { declarative } from '#core/source/declarative/index.ts'
import { serveFormats } from '#test/fixture/api-formats.ts'
import { type ApiServer, startApiServer } from '#test/fixture/api-server.ts'
import { marchRuntime, readStreamOf, streamManifest } from './read-manifest.ts'

let api: ApiServer

beforeAll(async () => {
  api = await startApiServer()
  api.serve = serveFormats(api)
})

afterEach(() => {
  api.collections.clear()
  api.requests.length = 0
})

afterAll(() => api.close())

const settings = (manifest: string, config: JsonObject = {}) =>
  declarative.config.parse({ manifest: streamManifest(manifest), config: { url: api.url, ...config } })
const check = (manifest: string, config: JsonObject = {}) => declarative.check(settings(manifest, config), marchRuntime())
const discover = async (manifest: string, config: JsonObject = {}) =>
  unwrap(await declarative.discover(settings(manifest, config), marchRuntime())).streams
const read = (manifest: string, stream: string, config: JsonObject = {}) =>
  readStreamOf(streamManifest(manifest), { config: { url: api.url, ...config }, stream })

const children = (order: number) => Array.from({ length: 5 }, (_, index) => ({ order, index }))

describe('routers', () => {
  test('put partitions into groups, each once', async () => {
    api.collections.set(
      'numbers',
      [1, 2, 2, 3, 4].map((number) => ({ number, name: `n${number}` })),
    )
    expect((await read('grouping', 'grouped')).records).toEqual([
      { query: { ids: '1|2|3', names: 'n1|n2|n3' } },
      { query: { ids: '4', names: 'n4' } },
    ])
  })

  test('are combined', async () => {
    expect((await read('two-routers', 'cells', { devices: ['phone', 'desk'] })).records).toEqual(
      ['north', 'south'].flatMap((region) => ['phone', 'desk'].map((device) => ({ query: { region, device } }))),
    )
  })

  test('take the first page of children from their parent where it has them', async () => {
    const next = Buffer.from('2').toString('base64url')
    api.collections.set('orders', [
      { id: 1, items: { data: children(1).slice(0, 2), next } },
      { id: 2, items: { data: children(2).slice(0, 1), next: null } },
      { id: 3, items: null },
    ])
    for (const id of [1, 2, 3]) api.collections.set(`orders/${id}/items`, children(id))
    const { records } = await read('lazy', 'items')
    expect(records).toEqual([...children(1), ...children(2).slice(0, 1), ...children(3)])
    expect(api.requests.map(({ url }) => url.split('?')[0]).filter((path) => path!.includes('items'))).toEqual([
      '/cursor/orders/1/items',
      '/cursor/orders/1/items',
      '/cursor/orders/3/items',
      '/cursor/orders/3/items',
      '/cursor/orders/3/items',
    ])
  })
})

describe('streams made of a template', () => {
  const tables = [
    { id: 'orders', title: 'All orders', cursor: 'day' },
    { id: 'regions', title: 'Regions' },
  ]

  test('by what the API tells', async () => {
    api.collections.set('tables', tables)
    api.collections.set('orders', [{ id: 1, day: '2026-01-02' }])
    api.collections.set('regions', [{ id: 'n' }])
    expect((await discover('dynamic-http')).map(({ name, cursorField, primaryKey }) => [name, cursorField, primaryKey])).toEqual([
      ['All orders', ['day'], [['id']]],
      ['Regions', undefined, [['id']]],
    ])
    expect((await read('dynamic-http', 'All orders')).records).toEqual([{ id: 1, day: '2026-01-02' }])
    expect((await read('dynamic-http', 'Regions')).records).toEqual([{ id: 'n' }])
    expect((await read('dynamic-http', 'Nope')).error).toMatchObject({ code: 'unknown-stream', fault: 'config' })
  })

  test('are read by a check, as many as it says', async () => {
    api.collections.set('tables', tables)
    api.collections.set('orders', [])
    expect(await check('dynamic-http')).toMatchObject({ ok: true })
    expect(api.requests.map(({ url }) => url)).toEqual(['/all/tables', '/all/orders'])
    api.collections.delete('tables')
    expect(await check('dynamic-http')).toMatchObject({ ok: false, error: { code: 'source-refused' } })
  })

  test('by what the config holds, in every combination', async () => {
    const config = { reports: [{ report: 'costs' }], shops: ['a', 'b'] }
    expect((await discover('dynamic-config', config)).map(({ name }) => name)).toEqual([
      'fixed',
      'costs_a',
      'costs_b',
      'sales_a',
      'sales_b',
    ])
    expect((await read('dynamic-config', 'sales_b', config)).records).toEqual([{ query: { report: 'sales', shop: 'b' } }])
    api.requests.length = 0
    expect(await check('dynamic-config', config)).toMatchObject({ ok: true })
    expect(api.requests.map(({ url }) => url)).toEqual(['/echo', '/echo?report=costs&shop=a', '/echo?report=costs&shop=b'])
    expect(await check('dynamic-config', { shops: [] })).toMatchObject({ ok: false, error: { code: 'unknown-stream', fault: 'config' } })
  })

  test('by what the manifest lists', async () => {
    api.collections.set('regions', [{ code: 'n' }])
    expect((await discover('dynamic-parameters')).map(({ name, primaryKey }) => [name, primaryKey])).toEqual([
      ['people', [['id']]],
      ['places', [['code']]],
    ])
    expect((await read('dynamic-parameters', 'places')).records).toEqual([{ code: 'n' }])
  })
})

describe('the config', () => {
  test('is brought to the form of today', async () => {
    const { records } = await read('config-rules', 'echo', { shop_name: 'berg', plan: '2' })
    expect(records).toEqual([{ query: { plan: 'premium', host: 'berg.example', old: 'gone' } }])
    expect((await discover('config-rules', { shop: 'berg', plan: '2' })).map(({ name }) => name)).toEqual(['echo', 'extra'])
    expect((await discover('config-rules', { shop: 'berg', plan: '1' })).map(({ name }) => name)).toEqual(['echo'])
    expect((await read('config-rules', 'extra', { shop: 'berg', plan: '1' })).error).toMatchObject({ code: 'unknown-stream' })
  })

  test.each<[JsonObject, string]>([
    [{ shop: 'Berg' }, "source's config is not as the manifest wants it"],
    [{ shop: 'berg', ids: [1, 0] }, '"ids.*"'],
    [{}, '"shop" of the source\'s config is missing'],
  ])('that is not as the manifest wants it is refused: %j', async (config, message) => {
    const result = await check('config-rules', config)
    expect(result).toMatchObject({ ok: false, error: { code: 'invalid-config', fault: 'config' } })
    expect(result.ok ? '' : result.error.message).toContain(message)
    expect(api.requests).toEqual([])
  })
})

test('a manifest of version 0.29 reads, in full and incrementally', async () => {
  const orders = Array.from({ length: 35 }, (_, id) => ({ id, updated_at: new Date(Date.UTC(2026, 0, 1 + id)).toISOString() }))
  api.collections.set('orders', orders)
  expect((await discover('version-0-29'))[0]).toMatchObject({ name: 'orders', primaryKey: [['id']], cursorField: ['updated_at'] })
  const config = { url: api.url }
  const first = await readStreamOf(streamManifest('version-0-29'), { config, mode: 'incremental' })
  expect(first.error).toBeUndefined()
  expect(first.records).toEqual(orders)
  for (const state of first.states) {
    const rest = await readStreamOf(streamManifest('version-0-29'), { config, mode: 'incremental', state })
    const { updated_at: from } = state as { updated_at: string }
    expect(rest.records).toEqual(orders.filter(({ updated_at }) => updated_at >= from))
  }
})
