import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { unwrap } from '#core/lib/result.ts'
import { declarative, declarativeSource } from '#core/source/declarative/index.ts'
import type { CustomComponents } from '#core/source/declarative/custom.ts'
import { serveFormats } from '#test/fixture/api-formats.ts'
import { type ApiServer, startApiServer } from '#test/fixture/api-server.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { readStreamOf, streamManifest } from './read-manifest.ts'

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

const read = async (manifest: string, stream: string, config: JsonObject = {}, schemas?: Record<string, JsonObject>) => {
  const result = await readStreamOf(streamManifest(manifest), {
    config: { url: api.url, ...config },
    stream,
    ...(schemas ? { schemas } : {}),
  })
  expect(result.error).toBeUndefined()
  return result.records
}

describe('extraction', () => {
  test('takes all that a path with wildcards leads to', async () => {
    api.collections.set('wrapped', [
      { order: { id: 1, lines: [{ sku: 'a' }] } },
      { order: { id: 2, lines: [{ sku: 'b' }, { sku: 'c' }] } },
      { other: {} },
      { order: { id: 4, lines: [] } },
    ])
    expect((await read('wildcard', 'wrapped')).map(({ id }) => id)).toEqual([2, 4])
    expect(await read('wildcard', 'lines')).toEqual([{ sku: 'a' }, { sku: 'b' }, { sku: 'c' }])
  })

  test('joins keys with values, and columns with columns', async () => {
    api.collections.set('table', [
      {
        columns: [{ name: 'id' }, { name: 'city' }],
        rows: [
          [1, 'Bern'],
          [2, 'Basel'],
        ],
        left: [{ a: 1 }, { a: 2 }],
        right: [{ b: 1 }, { b: 2 }, { b: 3 }],
      },
    ])
    expect(await read('key-value', 'table')).toEqual([
      { id: 1, city: 'Bern' },
      { id: 2, city: 'Basel' },
    ])
    expect(await read('key-value', 'joined')).toEqual([
      { a: 1, b: 1 },
      { a: 2, b: 2 },
    ])
  })
})

describe('transformations', () => {
  const thing = {
    'Full Name': 'Ada',
    eventID2: 1,
    Address: { City: 'Bern', 'Post Code': { Zip: 3000 }, Zip: 3000 },
    Tags: ['x', { Deep: 'y', _Id: 1 }],
    City: 'Zug',
  }

  // Worked out from the descriptions of the component schema.
  test.each<[stream: string, wanted: JsonObject]>([
    ['lower', { 'full name': 'Ada', eventid2: 1, address: thing.Address, tags: thing.Tags, city: 'Zug' }],
    [
      'snake',
      {
        full_name: 'Ada',
        event_id_2: 1,
        address: { city: 'Bern', post_code: { zip: 3000 }, zip: 3000 },
        tags: ['x', { deep: 'y', _id: 1 }],
        city: 'Zug',
      },
    ],
    [
      'replaced',
      {
        'Full$&Name': 'Ada',
        eventID2: 1,
        Address: { City: 'Bern', 'Post$&Code': { Zip: 3000 }, Zip: 3000 },
        Tags: thing.Tags,
        City: 'Zug',
      },
    ],
    [
      'flat_objects',
      { 'Full Name': 'Ada', eventID2: 1, 'Address.City': 'Bern', Zip: 3000, 'Post Code.Zip': 3000, Tags: thing.Tags, City: 'Zug' },
    ],
    [
      'raised',
      {
        'Full Name': 'Ada',
        eventID2: 1,
        addr_City_x: 'Bern',
        'addr_Post Code_x': { Zip: 3000 },
        addr_Zip_x: 3000,
        Tags: thing.Tags,
        City: 'Zug',
      },
    ],
    ['alone', { City: 'Bern', 'Post Code': { Zip: 3000 }, Zip: 3000 }],
    ['added', { eventID2: 1, is_home: true, Address: { 'Post Code': { Zip: 3000 }, Zip: 3000 }, Tags: thing.Tags, City: 'Zug' }],
  ])('%s', async (stream, wanted) => {
    api.collections.set('things', [structuredClone(thing)])
    expect(await read('transformations', stream, { sign: '$&' })).toEqual([wanted])
  })

  test('flatten lists by index, each key of theirs with its parents', async () => {
    api.collections.set('things', [{ id: 1, a: { b: 2 }, list: ['x', { k: 'y' }] }])
    // From the last field to the first: what comes after a list (in that order) has its parents' names too.
    expect(await read('transformations', 'flat')).toEqual([{ 'list.0': 'x', 'list.1.k': 'y', 'a.b': 2, id: 1 }])
  })
})

describe('schemas', () => {
  test('bring values to their types, where that is without a doubt', async () => {
    const loose = {
      id: '7',
      price: '2.5',
      name: 12.5,
      paid: 'yes',
      tags: 5,
      nested: { count: '3', other: '3' },
      open: true,
      unknown: '1',
      more: false,
    }
    api.collections.set('loose', [loose, { id: 'seven', price: null, paid: 2, name: { a: 1 } }, { id: '9007199254740993' }])
    const wanted = [
      {
        id: 7,
        price: 2.5,
        name: '12.5',
        paid: true,
        tags: ['5'],
        nested: { count: 3, other: '3' },
        open: true,
        unknown: '1',
        more: 'False',
      },
      { id: 'seven', price: null, paid: 2, name: "{'a': 1}" },
      { id: '9007199254740993' },
    ]
    expect(await read('normalization', 'inline')).toEqual(wanted.map((row) => ('tags' in row ? { ...row, tags: [5] } : row)))
    const schemas = { file: { type: 'object', properties: { id: { type: 'number' }, unknown: { type: ['integer', 'null'] } } } }
    expect(await read('normalization', 'file', {}, schemas)).toMatchObject([{ id: 7, unknown: 1, paid: 'yes' }, { id: 'seven' }, {}])
    // Without the file nothing is known of types.
    expect(await read('normalization', 'file')).toEqual(api.collections.get('loose'))
  })

  test('are made of what the API says of its fields', async () => {
    const fields = [
      { name: 'firstName', type: 'singleLineText' },
      { name: 'visits', type: 'count', whole: true },
      { name: 'score', type: 'count', whole: false },
      { name: 'seenAt', type: 'moment' },
      { name: 'days', type: 'listOfDates' },
      { name: 'sum', type: 'formula' },
      { name: 'odd', type: 'nobody knows' },
      { name: 'secret', type: 'string' },
    ]
    api.collections.set('leads_fields', [{ fields }])
    const config = declarative.config.parse({ manifest: streamManifest('dynamic-schema'), config: { url: api.url } })
    const { streams } = unwrap(await declarative.discover(config, testRuntime()))
    expect(streams[0]).toEqual({
      name: 'leads',
      primaryKey: [['id']],
      modes: ['full-refresh'],
      schema: {
        $schema: 'https://json-schema.org/draft-07/schema#',
        type: 'object',
        additionalProperties: true,
        properties: {
          id: { type: 'integer' },
          first_name: { type: ['null', 'string'] },
          visits: { type: ['null', 'integer'] },
          score: { type: ['null', 'number'] },
          seen_at: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
          days: { type: ['null', 'array'], items: { type: ['null', 'array'], items: { type: ['null', 'string'], format: 'date' } } },
          sum: { one_of: [{ type: ['null', 'string'] }, { type: ['null', 'number'] }] },
          odd: {},
        },
      },
    })
    // What the API does not tell is left open; what it may tell the next time is not.
    api.collections.delete('leads_fields')
    expect(unwrap(await declarative.discover(config, testRuntime())).streams[0]!.schema).toEqual({ type: 'object' })
    api.fault = () => 'server-error'
    const failed = await declarative.discover(config, testRuntime())
    api.fault = () => undefined
    expect(failed).toMatchObject({ ok: false, error: { fault: 'transient' } })
  })
})

describe('custom components', () => {
  const classes: CustomComponents = {
    CustomDecoder: {
      'source_shop.components.Lines': async function* (bytes) {
        let all = ''
        for await (const chunk of bytes) all += new TextDecoder().decode(chunk)
        yield all.trim().split(/\s+/)
      },
    },
    CustomRecordExtractor: {
      'source_shop.components.Extract': (body) => (body as string[]).filter(Boolean).map((id) => ({ id: Number(id) })),
    },
    CustomRecordFilter: { 'source_shop.components.Filter': ({ id }) => Number(id) % 5 !== 0 },
    CustomSchemaNormalization: { 'source_shop.components.Normalize': (record, schema) => ({ ...record, of: schema.title! }) },
    CustomPaginationStrategy: {
      'source_shop.components.Pages': ({ count, last }, token) => (count === 0 || last === undefined ? null : Number(token ?? 0) + count),
    },
    CustomPartitionRouter: {
      'source_shop.components.Router': ({ config }) =>
        (config.collections as string[]).map((collection) => ({ key: { collection }, extra: {} })),
    },
    CustomTransformation: {
      'source_shop.components.Double': (record, { component }) => ({ ...record, more: Number(record.id) * Number(component.by) }),
    },
    CustomSchemaLoader: { 'source_shop.components.Schema': async () => ({ title: 'made' }) },
    CustomAuthenticator: {
      'source_shop.components.Signature': async ({ config }) => ({
        headers: { 'X-Signed': `for ${config.url as string}` },
        query: { signed: 'yes' },
      }),
    },
    CustomBackoffStrategy: { 'source_shop.components.Patience': ({ attempt }) => attempt * 7 },
    CustomStateMigration: { 'source_shop.components.OldState': (state) => state },
    CustomRetriever: {
      'source_shop.components.Made': async function* ({ config }) {
        yield [{ url: config.url! }]
      },
    },
    CustomConfigTransformation: { 'source_shop.components.Config': (config) => ({ ...config, collections: ['a', 'b'] }) },
  }

  test('are functions, found by their class names', async () => {
    api.collections.set(
      'a',
      [1, 2, 3, 4, 6, 7].map((id) => ({ id })),
    )
    api.collections.set('b', [{ id: 5 }])
    const source = declarativeSource(classes)
    const slept: number[] = []
    api.fault = ({ number }) => (number <= 2 ? 'server-error' : undefined)
    const { records, error } = await readStreamOf(streamManifest('custom'), {
      config: { url: api.url },
      source,
      slept: (milliseconds) => void slept.push(milliseconds),
    })
    api.fault = () => undefined
    expect(slept).toEqual([7000, 14_000])
    expect(api.requests[0]).toMatchObject({ url: '/format/lines/a?signed=yes', headers: { 'x-signed': `for ${api.url}` } })
    expect(error).toBeUndefined()
    expect(records.map(({ id, more, of }) => [id, more, of])).toEqual([1, 2, 3, 4, 6, 7].map((id) => [id, id * 3, 'made']))
    const made = await readStreamOf(streamManifest('custom'), { config: { url: api.url }, source, stream: 'made' })
    expect(made.records).toEqual([{ url: api.url }])
  })

  test.each(Object.keys(classes))('that are missing are named when the manifest is checked: %s', async (type) => {
    const { [type as keyof CustomComponents]: missing, ...rest } = classes
    const source = declarativeSource(rest)
    const config = source.config.parse({ manifest: streamManifest('custom'), config: { url: api.url } })
    const result = await source.check(config, testRuntime())
    expect(result).toMatchObject({ ok: false, error: { code: 'manifest-unsupported', fault: 'config' } })
    const [name] = Object.keys(missing!)
    expect(result.ok ? '' : result.error.message).toContain(`the component ${type} ${name} is not supported`)
    expect(api.requests).toEqual([])
  })
})
