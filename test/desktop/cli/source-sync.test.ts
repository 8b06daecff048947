import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type ApiServer, startApiServer } from '#test/fixture/api-server.ts'
import { millrace } from '#test/fixture/command.ts'
import { makeStack, type TestStack } from '#test/fixture/stack-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

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
  stack = await makeStack({
    'millrace.yaml': `name: shop\nwarehouse:\n  url: ${server.url}\n  user: ${server.user}\n  password: \${secret:WAREHOUSE_PASSWORD}\n`,
    'manifests/shop.yaml': manifest,
    'sources/shop.yaml': `kind: etl\nconnector: declarative\nconfig:\n  manifest: manifests/shop.yaml\n  config: { url: '${api.url}' }\n`,
  })
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

const manifest = `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
definitions:
  requester: { type: HttpRequester, url_base: "{{ config['url'] }}" }
  selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      record_selector: { $ref: '#/definitions/selector' }
      requester: { $ref: '#/definitions/requester', path: /all/orders }
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: updated_at
      datetime_format: '%Y-%m-%dT%H:%M:%SZ'
      start_datetime: '2026-01-01T00:00:00Z'
      start_time_option: { type: RequestOption, inject_into: request_parameter, field_name: since }
    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: {} } }
  - type: DeclarativeStream
    name: people
    retriever:
      type: SimpleRetriever
      record_selector: { $ref: '#/definitions/selector' }
      requester: { $ref: '#/definitions/requester', path: /all/people }
    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: {} } }
`
