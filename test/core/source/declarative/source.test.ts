import * as fc from 'fast-check'
import { parse } from 'yaml'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { inlineFiles } from '#core/connector/inline.ts'
import { sources } from '#core/connector/source-registry.ts'
import type { ReadMode, Source } from '#core/connector/source.ts'
import type { MillraceError } from '#core/lib/error.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { unwrap } from '#core/lib/result.ts'
import { startApiServer, type ApiServer, type Fault } from '#test/fixture/api-server.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { shopManifest } from './manifests.ts'

const declarative: Source<any> = sources.find(({ name }) => name === 'declarative')!
let api: ApiServer

beforeAll(async () => {
  api = await startApiServer()
})

afterEach(() => {
  api.collections.clear()
  api.requests.length = 0
  api.fault = () => undefined
  api.afterRequest = () => undefined
  api.authorize = () => true
})

afterAll(() => api.close())

const settings = (config: JsonObject = {}, manifest: string | JsonObject = shopManifest) =>
  declarative.config.parse({ manifest, config: { url: api.url, api_key: 'k3y', ...config } }) as unknown

function orders(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    customer: { name: `buyer ${index % 3}` },
    updated_at: new Date(Date.UTC(2026, 0, 1) + index * 7_200_000).toISOString(),
  }))
}

interface Reading {
  records: JsonObject[]
  states: Json[]
  error?: MillraceError
}

async function read(
  name: string,
  options: { config?: JsonObject; manifest?: string | JsonObject; mode?: ReadMode; state?: Json; sleeps?: number[] } = {},
): Promise<Reading> {
  const runtime = testRuntime()
  const { sleep } = runtime.clock
  runtime.clock.sleep = (ms, signal) => {
    options.sleeps?.push(ms)
    return sleep(ms, signal)
  }
  runtime.clock.now = () => Date.UTC(2026, 2, 1)
  const reading: Reading = { records: [], states: [] }
  const request = {
    streams: [{ name, mode: options.mode ?? 'full-refresh', ...(options.state === undefined ? {} : { state: options.state }) }],
  } as const
  for await (const message of declarative.read(settings(options.config, options.manifest), { streams: [...request.streams] }, runtime)) {
    if (message.type === 'records') reading.records.push(...message.records)
    else if (message.type === 'state') reading.states.push(message.state)
    else if (message.type === 'done' && !message.result.ok) reading.error = message.result.error
  }
  return reading
}

/** The manifest with changes made to it. */
function changed(change: (manifest: any) => void): JsonObject {
  const manifest = parse(shopManifest) as JsonObject
  change(manifest)
  return JSON.parse(JSON.stringify(manifest)) as JsonObject
}

const withAuthenticator = (authenticator: JsonObject) =>
  changed(({ definitions }) => {
    definitions.requester.authenticator = authenticator
  })

const check = async (manifest: string | JsonObject, config: JsonObject = {}) => {
  const result = await declarative.check(settings(config, manifest), testRuntime())
  return result.ok ? undefined : result.error
}

describe('pagination', () => {
  test('of every style reads what the API holds, whatever its size, the page size, and what fails on the way', async () => {
    const fault = fc.constantFrom<Fault | undefined>(
      undefined,
      undefined,
      undefined,
      'rate-limit',
      'server-error',
      'reset',
      'truncated',
      'not-json',
      'unavailable',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('pages', 'offsets', 'cursors', 'links', 'updates'),
        fc.nat(60),
        fc.integer({ min: 1, max: 25 }),
        fc.infiniteStream(fault),
        async (stream, count, pageSize, faults) => {
          api.collections.set('orders', orders(count))
          let row = 0
          api.fault = () => {
            const next = faults.next().value as Fault | undefined
            // The retries of one request are six; more failures in a row than that are a failure.
            row = next === undefined ? 0 : row + 1
            return row > 5 ? undefined : next
          }
          const reading = await read(stream, { config: { page_size: pageSize } })
          expect(reading.error).toBeUndefined()
          expect(reading.records).toEqual(orders(count))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('sends the token and size where the options say', async () => {
    api.collections.set('orders', orders(5))
    await read('pages', { config: { page_size: 2 } })
    await read('offsets', { config: { page_size: 2 } })
    expect(api.requests.map(({ url }) => url)).toEqual([
      '/page/orders?page=1&per_page=2',
      '/page/orders?page=2&per_page=2',
      '/page/orders?page=3&per_page=2',
      '/offset/orders?limit=2',
      '/offset/orders?offset=2&limit=2',
      '/offset/orders?offset=4&limit=2',
    ])
    expect(api.requests[0]!.headers.authorization).toBe('Bearer k3y')
  })

  test('that does not advance ends with an error, not never', async () => {
    api.collections.set('orders', orders(5))
    const manifest = changed(({ streams }) => {
      streams[2].retriever.paginator.page_token_option.field_name = 'ignored'
      delete streams[2].retriever.paginator.pagination_strategy.stop_condition
    })
    expect((await read('cursors', { manifest, config: { page_size: 2 } })).error).toMatchObject({
      code: 'pagination-stuck',
      fault: 'config',
    })
  })

  test('loses nothing when records are added while it reads', async () => {
    api.collections.set('orders', orders(10))
    api.afterRequest = ({ number }) => {
      if (number < 4) api.collections.get('orders')!.push({ id: 100 + number, customer: {}, updated_at: '2026-02-01T00:00:00Z' })
    }
    const { records } = await read('offsets', { config: { page_size: 4 } })
    expect(new Set(records.map(({ id }) => id))).toEqual(new Set(api.collections.get('orders')!.map(({ id }) => id)))
  })
})

describe('errors', () => {
  test('a rate limit is waited out as long as the API asks', async () => {
    api.collections.set('orders', orders(1))
    let left = 8
    api.fault = () => (left-- > 0 ? 'rate-limit' : undefined)
    const sleeps: number[] = []
    const { records } = await read('pages', { sleeps })
    expect(records).toHaveLength(1)
    expect(sleeps).toEqual(Array.from({ length: 8 }, () => 2000))
  })

  test.each<[Fault, string, string]>([
    ['server-error', 'source-unavailable', 'HTTP 500: oops (after 7 tries)'],
    ['unavailable', 'source-unavailable', 'HTTP 503: Service Unavailable (after 7 tries)'],
    ['reset', 'source-unavailable', 'The API did not answer'],
    ['truncated', 'source-unavailable', 'The API did not answer'],
    ['not-json', 'source-answer', 'a body that is not JSON'],
  ])('%s that lasts ends the stream as transient', async (fault, code, message) => {
    api.fault = () => fault
    const { error } = await read('pages')
    expect(error).toMatchObject({ code, fault: 'transient' })
    expect(error!.message).toContain(message)
    expect(error!.message).toContain(`${api.url}/page/orders`)
    expect(api.requests).toHaveLength(7)
  })

  test('refused credentials are a fault of the settings, said in the words of the API, without the key', async () => {
    api.authorize = () => false
    const { error } = await read('pages')
    expect(error).toMatchObject({ code: 'source-auth', fault: 'config' })
    expect(error!.message).toContain('HTTP 401: Invalid API key')
    expect(JSON.stringify(error)).not.toContain('k3y')
    expect(api.requests).toHaveLength(1)
  })

  test('a missing collection is not retried', async () => {
    expect((await read('pages')).error).toMatchObject({ code: 'source-refused', fault: 'system' })
    expect(api.requests).toHaveLength(1)
  })

  test('are read by the filters of the error handler', async () => {
    const withFilters = (filters: JsonObject[]) =>
      changed(({ definitions }) => {
        definitions.requester.error_handler.response_filters = filters
      })
    const ignoring = await read('pages', { manifest: withFilters([{ http_codes: [404], action: 'IGNORE' }]) })
    expect(ignoring).toEqual({ records: [], states: [] })
    const failing = await read('pages', {
      manifest: withFilters([
        {
          predicate: "{{ 'no collection' in response['error'] }}",
          action: 'FAIL',
          failure_type: 'config_error',
          error_message: 'No such shop: {{ response.error }}',
        },
      ]),
    })
    expect(failing.error).toMatchObject({ fault: 'config' })
    expect(failing.error!.message).toContain('No such shop: no collection orders')
    api.requests.length = 0
    const sleeps: number[] = []
    const manifest = changed(({ definitions }) => {
      definitions.requester.error_handler = {
        max_retries: 2,
        response_filters: [{ error_message_contains: 'no collection', action: 'RETRY' }],
        backoff_strategies: [{ type: 'ConstantBackoffStrategy', backoff_time_in_seconds: 3 }],
      }
    })
    expect((await read('pages', { manifest, sleeps })).error).toMatchObject({ fault: 'transient' })
    expect(sleeps).toEqual([3000, 3000])
  })
})

describe('authentication', () => {
  test.each<[string, JsonObject, (request: { url: string; headers: Record<string, unknown> }) => unknown, unknown]>([
    [
      'basic',
      { type: 'BasicHttpAuthenticator', username: "{{ config['api_key'] }}", password: 'pä:ss' },
      ({ headers }) => headers.authorization,
      `Basic ${Buffer.from('k3y:pä:ss').toString('base64')}`,
    ],
    [
      'a key in a header',
      { type: 'ApiKeyAuthenticator', header: 'X-Api-Key', api_token: "{{ config['api_key'] }}" },
      ({ headers }) => headers['x-api-key'],
      'k3y',
    ],
    [
      'a key in the query',
      {
        type: 'ApiKeyAuthenticator',
        api_token: "{{ config['api_key'] }}",
        inject_into: { type: 'RequestOption', inject_into: 'request_parameter', field_name: 'key' },
      },
      ({ url }) => new URL(url, 'http://x').searchParams.get('key'),
      'k3y',
    ],
    ['none', { type: 'NoAuth' }, ({ headers }) => headers.authorization, undefined],
  ])('by %s', async (_, authenticator, given, wanted) => {
    api.collections.set('orders', orders(1))
    const { records } = await read('pages', { manifest: withAuthenticator(authenticator) })
    expect(records).toHaveLength(1)
    expect(given(api.requests[0]!)).toBe(wanted)
  })

  test('without credentials fails before a request is made', async () => {
    const { error } = await read('pages', { config: { api_key: ' ' } })
    expect(error).toMatchObject({ code: 'missing-credentials', fault: 'config' })
    expect(api.requests).toEqual([])
  })
})

describe('requests', () => {
  test('carry the parameters, headers and body that the manifest says', async () => {
    api.collections.set('orders', orders(1))
    const manifest = changed(({ definitions }) => {
      Object.assign(definitions.requester, {
        http_method: 'POST',
        request_parameters: {
          fields: '{{ ["id", "name"] }}',
          flag: true,
          version: '{{ 1.0 }}',
          empty: '{{ config.nothing }}',
          'k{{ 1 }}': 'v',
        },
        request_headers: { 'X-Shop': '{{ config.page_size }}' },
        request_body_json: { query: { ids: [1, '{{ 1 + 1 }}'], since: '{{ config.start_date }}', none: '{{ config.nothing }}' } },
      })
    })
    await read('pages', { manifest })
    const [request] = api.requests
    expect([...new URL(request!.url, api.url).searchParams].slice(0, 5)).toEqual([
      ['fields', 'id'],
      ['fields', 'name'],
      ['flag', 'True'],
      ['version', '1.0'],
      ['k1', 'v'],
    ])
    expect(request).toMatchObject({ method: 'POST', headers: { 'x-shop': '7', 'content-type': 'application/json' } })
    expect(JSON.parse(request!.body)).toEqual({ query: { ids: [1, 2], since: '2026-01-01' } })
  })

  test('carry forms, and options in the body', async () => {
    api.collections.set('orders', orders(1))
    const form = changed(({ definitions }) =>
      Object.assign(definitions.requester, {
        http_method: 'POST',
        request_body: { type: 'RequestBodyUrlEncodedForm', value: { a: 'x y', b: '{{ config.page_size }}' } },
      }),
    )
    await read('pages', { manifest: form })
    expect(api.requests[0]!.body).toBe('a=x+y&b=7')
    const nested = changed(({ definitions, streams }) => {
      Object.assign(definitions.requester, {
        http_method: 'POST',
        request_body: { type: 'RequestBodyJsonObject', value: { type: 'Query' } },
      })
      streams[0].retriever.paginator.page_token_option = { type: 'RequestOption', inject_into: 'body_json', field_path: ['paging', 'page'] }
    })
    await read('pages', { manifest: nested })
    expect(JSON.parse(api.requests[1]!.body)).toEqual({ type: 'Query', paging: { page: 1 } })
  })

  test('go nowhere but to http and https', async () => {
    expect((await read('pages', { config: { url: 'file:///etc' } })).error).toMatchObject({ code: 'invalid-url', fault: 'config' })
  })
})

describe('substreams and partitions', () => {
  test('read the children of every parent, with fields of the parent, filtered and transformed', async () => {
    api.collections.set('orders', orders(3))
    api.collections.set('orders/1/items', [
      { sku: 'a', price: 2.5, quantity: 2, secret: 1, nested: { x: { hidden: 1, shown: 2 } } },
      { sku: 'b', price: 1, quantity: 0 },
    ])
    api.collections.set('orders/3/items', [{ sku: 'c', price: 3, quantity: 1 }])
    expect((await read('items', { config: { page_size: 2 } })).records).toEqual([
      { sku: 'a', price: 2.5, quantity: 2, nested: { x: { shown: 2 } }, order_id: 1, buyer: { name: 'buyer 0' }, total: 5 },
      { sku: 'c', price: 3, quantity: 1, order_id: 3, buyer: { name: 'buyer 2' }, total: 3 },
    ])
  })

  test('read each value of a list, put where the option says', async () => {
    api.collections.set('regions/north', [{ name: 'N' }])
    api.collections.set('regions/south', [{ name: 'S' }])
    expect((await read('regions')).records).toEqual([{ name: 'N' }, { name: 'S' }])
    expect(api.requests.map(({ headers }) => headers['x-region'])).toEqual(['north', 'south'])
  })

  test('keep a cursor each, and read new partitions from the start', async () => {
    const manifest = changed(({ streams }) => {
      streams[6].incremental_sync = { ...streams[4].incremental_sync, step: undefined, cursor_granularity: undefined }
    })
    api.collections.set('regions/north', [{ name: 'N', updated_at: '2026-01-05T00:00:00.000Z' }])
    api.collections.set('regions/south', [{ name: 'S', updated_at: '2026-02-05T00:00:00.000Z' }])
    const first = await read('regions', { manifest, mode: 'incremental' })
    const state = first.states.at(-1)!
    expect(state).toEqual({
      states: [
        { partition: { region: 'north' }, cursor: { updated_at: '2026-01-05T00:00:00.000Z' } },
        { partition: { region: 'south' }, cursor: { updated_at: '2026-02-05T00:00:00.000Z' } },
      ],
    })
    api.collections.set('regions/east', [{ name: 'E', updated_at: '2026-01-02T00:00:00.000Z' }])
    api.collections
      .get('regions/north')!
      .push({ name: 'N2', updated_at: '2026-01-06T00:00:00.000Z' }, { name: 'N0', updated_at: '2026-01-01T00:00:00.000Z' })
    const second = await read('regions', { manifest, mode: 'incremental', state, config: { regions: ['north', 'south', 'east'] } })
    expect(second.records.map(({ name }) => name)).toEqual(['N', 'N2', 'S', 'E'])
  })
})

describe('a time cursor', () => {
  test('asks in steps from the start to now, and gives a state after each', async () => {
    api.collections.set('orders', orders(300))
    const { records, states } = await read('updates', { mode: 'incremental', config: { page_size: 50 } })
    expect(records).toHaveLength(300)
    const asked = [...new Set(api.requests.map(({ url }) => new URL(url, api.url).searchParams.get('since')))]
    expect(asked).toEqual([
      '2026-01-01T00:00:00.000000+0000',
      '2026-01-11T00:00:00.000000+0000',
      '2026-01-21T00:00:00.000000+0000',
      '2026-01-31T00:00:00.000000+0000',
      '2026-02-10T00:00:00.000000+0000',
      '2026-02-20T00:00:00.000000+0000',
    ])
    expect(new URL(api.requests[0]!.url, api.url).searchParams.get('until')).toBe('2026-01-10T23:59:59.999999+0000')
    expect(states[0]).toEqual({ updated_at: '2026-01-10T22:00:00.000Z' })
    expect(states.at(-1)).toEqual({ updated_at: orders(300).at(-1)!.updated_at })
  })

  test('goes on from any state it gave, less the lookback, and misses nothing', async () => {
    api.collections.set('orders', orders(300))
    const { states } = await read('updates', { mode: 'incremental' })
    for (const state of states) {
      const rest = await read('updates', { mode: 'incremental', state })
      const from = Date.parse((state as { updated_at: string }).updated_at)
      expect(rest.records).toEqual(orders(300).filter((order) => Date.parse(order.updated_at as string) >= from))
    }
    const manifest = changed(({ streams }) => {
      streams[4].incremental_sync.lookback_window = 'P1D'
    })
    const back = await read('updates', { mode: 'incremental', manifest, state: { updated_at: '2026-01-11T00:00:00.000Z' } })
    expect(back.records[0]).toMatchObject({ updated_at: '2026-01-10T00:00:00.000Z' })
  })

  test.each<[format: string, write: (millis: number) => string | number, asked: string]>([
    ['%s', (millis) => millis / 1000, '1767225600'],
    ['%ms', (millis) => String(millis), '1767225600000'],
    ['%Y-%m-%d', (millis) => new Date(millis).toISOString().slice(0, 10), '2026-01-01'],
    ['%Y-%m-%dT%H:%M:%S.%_msZ', (millis) => new Date(millis).toISOString(), '2026-01-01T00:00:00.000Z'],
    ['%d/%m/%Y %I:%M %p', () => '03/01/2026 01:30 PM', '01/01/2026 12:00 AM'],
  ])('reads and writes the format %s', async (format, write, asked) => {
    const manifest = changed(({ streams }) => {
      const cursor = streams[4].incremental_sync
      Object.assign(cursor, { datetime_format: format, cursor_datetime_formats: [], step: undefined, cursor_granularity: undefined })
      delete cursor.end_time_option
      cursor.start_time_option.field_name = 'from'
    })
    const values = [1, 3, 2].map((day) => write(Date.UTC(2026, 0, day)))
    api.collections.set(
      'orders',
      values.map((updated_at, id) => ({ id, updated_at })),
    )
    const { states } = await read('updates', { manifest, mode: 'incremental' })
    expect(states.at(-1)).toEqual({ updated_at: values[1] })
    expect(new URL(api.requests[0]!.url, api.url).searchParams.get('from')).toBe(asked)
  })

  test('that is the client to filter by drops what is older', async () => {
    const manifest = changed(({ streams }) => {
      Object.assign(streams[4].incremental_sync, {
        is_client_side_incremental: true,
        step: undefined,
        cursor_granularity: undefined,
        start_time_option: undefined,
        end_time_option: undefined,
      })
    })
    api.collections.set('orders', orders(30))
    const { records } = await read('updates', { manifest, mode: 'incremental', state: { updated_at: orders(30)[27]!.updated_at! } })
    expect(records).toEqual(orders(30).slice(27))
  })
})

describe('check', () => {
  test('reads the streams it names', async () => {
    api.collections.set('orders', orders(1))
    expect(await check(shopManifest)).toBeUndefined()
    api.authorize = () => false
    expect(await check(shopManifest)).toMatchObject({ code: 'source-auth' })
  })

  test.each<[string, (manifest: any) => void, string]>([
    [
      'an unknown component',
      ({ definitions }) => (definitions.requester.authenticator = { type: 'NtlmAuthenticator' }),
      'streams[0].retriever.requester.authenticator: the component NtlmAuthenticator is not supported',
    ],
    [
      'a custom component',
      ({ streams }) => (streams[1].retriever.record_selector = { extractor: { type: 'CustomRecordExtractor', class_name: 'a.b.C' } }),
      'streams[1].retriever.record_selector.extractor: the component CustomRecordExtractor a.b.C is not supported',
    ],
    [
      'an unknown function',
      ({ definitions }) => (definitions.requester.path = '{{ shell("rm") }}'),
      'streams[0].retriever.requester.path: the function "shell" of',
    ],
    [
      'an unknown filter',
      ({ streams }) => (streams[5].transformations[0].fields[0].value = '{{ 1 | nope }}'),
      'streams[5].transformations[0].fields[0].value: the filter "nope"',
    ],
    [
      'a broken expression',
      ({ streams }) => (streams[5].retriever.record_selector.record_filter.condition = '{{ 1 + }}'),
      'streams[5].retriever.record_selector.record_filter.condition: "{{ 1 + }}" is not an expression',
    ],
    ['a missing field', ({ streams }) => delete streams[4].incremental_sync.cursor_field, 'streams[4].incremental_sync.cursor_field'],
    ['a wrong type', ({ streams }) => (streams[0].retriever.paginator.pagination_strategy.start_from_page = 'one'), 'start_from_page'],
    ['a field that is not implemented', ({ streams }) => (streams[0].file_uploader = {}), 'streams[0].file_uploader'],
    [
      'dynamic streams that lack their parts',
      (manifest) => (manifest.dynamic_streams = [{ type: 'DynamicDeclarativeStream' }]),
      'dynamic_streams[0].components_resolver',
    ],
    ['no streams', (manifest) => (manifest.streams = []), 'it has no streams'],
    ['a check of a stream that is not there', ({ check }) => (check.stream_names = ['nope']), 'there is no stream "nope"'],
  ])('names %s and where it is', async (_, change, message) => {
    const error = await check(changed(change))
    expect(error).toMatchObject({ code: 'manifest-unsupported', fault: 'config' })
    expect(error!.message).toContain(message)
    expect(api.requests).toEqual([])
  })

  test.each<[string, string | JsonObject, string]>([
    ['broken YAML', 'a: [1', 'The manifest cannot be used'],
    ['something else', 'just text', 'is not an object'],
    ['another document', '{type: Pipeline}', 'its type is "Pipeline"'],
    ['a newer version', '{type: DeclarativeSource, version: 8.0.0}', 'newer than 7'],
    ['a reference to nothing', changed(({ streams }) => (streams[0].retriever.requester = '#/definitions/nope')), 'points at nothing'],
    ['a circle', changed(({ definitions }) => (definitions.requester.x = '#/definitions/requester')), 'leads back to itself'],
    [
      'a bomb of references',
      `{type: DeclarativeSource, definitions: {a0: [x, x], ${Array.from({ length: 30 }, (_, index) => `a${index + 1}: ["#/definitions/a${index}", "#/definitions/a${index}"]`).join(', ')}}}`,
      'too large',
    ],
    [
      'a bomb of aliases',
      `type: DeclarativeSource\na0: &a0 [x, x]\n${Array.from({ length: 30 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`).join('\n')}`,
      'cannot be used',
    ],
  ])('refuses %s', async (_, manifest, message) => {
    const error = await check(manifest)
    expect(error).toMatchObject({ code: 'invalid-manifest', fault: 'config' })
    expect(error!.message).toContain(message)
  })

  test('names a setting that is missing or wrong', async () => {
    expect(await check(shopManifest, { page_size: 'many' })).toMatchObject({ code: 'invalid-config', at: { field: 'config.page_size' } })
    const result = await declarative.check(
      declarative.config.parse({ manifest: shopManifest, config: { url: api.url } }) as unknown,
      testRuntime(),
    )
    expect(result.ok ? undefined : result.error.message).toContain('"api_key" of the source\'s config is missing')
  })
})

test('discover gives names, schemas, keys, cursors and modes', async () => {
  const { streams } = unwrap(await declarative.discover(settings(), testRuntime()))
  expect(streams.map(({ name, primaryKey, cursorField, modes }) => [name, primaryKey, cursorField, modes])).toEqual([
    ['pages', [['id']], undefined, ['full-refresh']],
    ['offsets', [['id']], undefined, ['full-refresh']],
    ['cursors', [['id']], undefined, ['full-refresh']],
    ['links', [['id']], undefined, ['full-refresh']],
    ['updates', [['id']], ['updated_at'], ['full-refresh', 'incremental']],
    ['items', [['order_id'], ['sku']], undefined, ['full-refresh']],
    ['regions', [], undefined, ['full-refresh']],
  ])
  expect(streams[6]!.schema).toMatchObject({ type: 'object', properties: { opened: { format: 'date' } } })
  expect(api.requests).toEqual([])
})

test('a stream that asks for what is not supported does not sink the others', async () => {
  api.collections.set('orders', orders(2))
  const manifest = changed(({ streams }) => (streams[1].retriever.decoder = { type: 'ParquetDecoder' }))
  expect((await read('pages', { manifest })).records).toHaveLength(2)
  expect((await read('offsets', { manifest })).error).toMatchObject({ code: 'manifest-unsupported' })
})

test('integers beyond 2^53 keep their digits', async () => {
  api.collections.set('orders', [{ id: 1 }])
  const runtime = testRuntime({
    fetch: async () => new Response('{"data": [{"id": 9007199254740993, "f": 12345678901234567168.5, "t": "x: 9007199254740993"}]}'),
  })
  const records: JsonObject[] = []
  for await (const message of declarative.read(settings(), { streams: [{ name: 'pages', mode: 'full-refresh' }] }, runtime)) {
    if (message.type === 'records') records.push(...message.records)
  }
  expect(records).toEqual([{ id: '9007199254740993', f: 12345678901234567168, t: 'x: 9007199254740993' }])
})

test('reading stops when it is cancelled', async () => {
  api.collections.set('orders', orders(100))
  const abort = new AbortController()
  api.afterRequest = ({ number }) => number === 2 && abort.abort()
  const reading = (async () => {
    for await (const _ of declarative.read(
      settings({ page_size: 5 }),
      { streams: [{ name: 'pages', mode: 'full-refresh' }] },
      testRuntime({ signal: abort.signal }),
    )) {
      // Only its end matters.
    }
  })()
  await expect(reading).rejects.toThrow('abort')
  expect(api.requests.length).toBeLessThan(4)
})

test('the host inlines the manifest that a source file names by its path', async () => {
  const files = new Map([['sources/shop.manifest.yaml', shopManifest]])
  const disk = { readFile: async (path: string) => files.get(path)!, resolvePath: (path: string) => path }
  expect(await inlineFiles(declarative, { manifest: 'sources/shop.manifest.yaml', config: { a: 'x.yaml' } }, disk)).toEqual({
    manifest: shopManifest,
    config: { a: 'x.yaml' },
  })
  expect(await inlineFiles(declarative, { manifest: shopManifest }, disk)).toEqual({ manifest: shopManifest })
})
