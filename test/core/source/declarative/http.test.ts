import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { JsonObject } from '#core/lib/json.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { guardByOAuth, oauthClient } from '#test/fixture/api-credentials.ts'
import { type ApiReply, type ApiServer, startApiServer } from '#test/fixture/api-server.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { declarative, httpManifest, orders, readManifest } from './reading.ts'

const start = Date.UTC(2026, 2, 1)
let api: ApiServer
let now = start
let sleeps: number[] = []
/** When each request came, in seconds from the start. */
let times: number[] = []

beforeAll(async () => {
  api = await startApiServer()
})

afterEach(() => {
  now = start
  sleeps = []
  times = []
  api.collections.clear()
  api.routes.clear()
  api.requests.length = 0
  api.fault = () => undefined
  api.afterRequest = () => undefined
  api.authorize = () => true
})

afterAll(() => api.close())

/** Time moves by sleeps alone. */
function runtime(more: Partial<Runtime> = {}): Runtime {
  const base = testRuntime({ random: () => 0.5, ...more })
  const { sleep } = base.clock
  base.clock = {
    now: () => now,
    sleep: (ms, signal) => {
      now += ms
      sleeps.push(ms / 1000)
      return sleep(ms, signal)
    },
  }
  api.now = () => now
  api.fault = () => void times.push((now - start) / 1000)
  return base
}

/** Answers a path with each of the replies in turn, then with the collection of orders, paged by 5. */
function answer(path: string, replies: ApiReply[]): void {
  const left = [...replies]
  api.routes.set(path, ({ url }) => {
    const page = Number(url.searchParams.get('page') ?? 1)
    return left.shift() ?? { status: 200, body: { data: api.collections.get('orders')!.slice((page - 1) * 5, page * 5) } }
  })
}

const sent = () => api.requests.filter(({ url }) => url.startsWith('/page')).length
const reply = (status: number, body: unknown = {}, headers: Record<string, string> = {}): ApiReply => ({ status, body, headers })

const filterConfig = () => ({
  client_id: oauthClient.id,
  client_secret: oauthClient.secret,
  refresh_token: oauthClient.refresh,
  retries: '3',
  url: api.url,
})

const readFiltered = async (replies: ApiReply[]) => {
  api.collections.set('orders', orders(3))
  guardByOAuth(api, { uses: Infinity, ms: 3_600_000 })
  answer('/page/orders', replies)
  return readManifest(httpManifest('error-filters'), { config: filterConfig(), runtime: runtime() })
}

describe('a response filter', () => {
  test.each<[string, ApiReply]>([
    ['by its status', reply(404)],
    ['by its status, though a filter without an action comes first', reply(410)],
    ['by the words of its error', reply(400, { error: { message: 'This is not enabled for you' } })],
  ])('ignores an answer %s', async (_, first) => {
    expect(await readFiltered([first])).toEqual({ records: [], states: [], errors: [] })
    expect(sent()).toBe(1)
  })

  test('finds no error in the data of a good answer', async () => {
    api.collections.set('orders', [{ id: 1, note: 'not enabled' }])
    answer('/page/orders', [])
    guardByOAuth(api, { uses: Infinity, ms: 3_600_000 })
    const { records } = await readManifest(httpManifest('error-filters'), { config: filterConfig(), runtime: runtime() })
    expect(records).toHaveLength(1)
  })

  test.each<[string, ApiReply]>([
    ['its status', reply(409)],
    ['a predicate, though its status is good', reply(200, { status: 'queued' })],
  ])('repeats the request by %s, as often as max_retries says', async (_, again) => {
    expect((await readFiltered([again, again, again])).records).toEqual(orders(3))
    expect(sleeps).toEqual([1, 1, 1])
    api.requests.length = 0
    expect((await readFiltered([again, again, again, again])).errors).toMatchObject([{ code: 'source-unavailable', fault: 'transient' }])
    expect(sent()).toBe(4)
  })

  test('waits out a rate limit longer than that, and says what the manifest has to say', async () => {
    const log: string[] = []
    api.collections.set('orders', orders(1))
    guardByOAuth(api, { uses: Infinity, ms: 3_600_000 })
    answer(
      '/page/orders',
      Array.from({ length: 10 }, () => reply(418, { for: 'two' }, { 'X-Pot': 'blue' })),
    )
    const { records } = await readManifest(httpManifest('error-filters'), {
      config: filterConfig(),
      runtime: runtime({ log: (_, message) => log.push(message) }),
    })
    expect(records).toHaveLength(1)
    expect(log[0]).toBe('Tea for two (blue); trying again')
  })

  test('has another token, at once the first time', async () => {
    expect((await readFiltered([reply(498), reply(498), reply(498)])).records).toEqual(orders(3))
    expect(api.requests.filter(({ url }) => url.startsWith('/oauth'))).toHaveLength(4)
    expect(sleeps).toEqual([1, 1])
  })

  test('reads the pages from the first again, until it is too often', async () => {
    api.collections.set('orders', orders(12))
    guardByOAuth(api, { uses: Infinity, ms: 3_600_000 })
    let refusals = 2
    const collection = () => api.collections.get('orders')!
    api.routes.set('/page/orders', ({ url }) => {
      const page = Number(url.searchParams.get('page'))
      return page === 2 && refusals-- > 0
        ? reply(412, { error: 'too deep' })
        : reply(200, { data: collection().slice((page - 1) * 5, page * 5) })
    })
    const { records } = await readManifest(httpManifest('error-filters'), { config: filterConfig(), runtime: runtime() })
    expect(records.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, ...Array.from({ length: 12 }, (_, index) => index + 1)])
    refusals = Infinity
    const { errors } = await readManifest(httpManifest('error-filters'), { config: filterConfig(), runtime: runtime() })
    expect(errors).toMatchObject([{ code: 'pagination-reset', fault: 'transient', message: expect.stringContaining('too deep') }])
  })

  test.each<[ApiReply, JsonObject]>([
    [reply(402), { fault: 'config', message: expect.stringContaining('Pay first, client-7') as never }],
    [reply(503), { fault: 'transient', retryable: true }],
    [reply(401), { fault: 'config', code: 'source-auth' }],
    [reply(403), { fault: 'config', code: 'source-auth' }],
    [reply(400), { fault: 'system', code: 'source-refused' }],
  ])('ends the stream on %j, with whose fault it is', async (first, error) => {
    expect((await readFiltered([first, first])).errors).toMatchObject([error])
    expect(sent()).toBe(1)
  })

  test('takes for good what the manifest takes for good', async () => {
    expect((await readFiltered([reply(300, { data: [{ id: 9 }] })])).records).toEqual([{ id: 9 }])
  })
})

const readComposite = async (replies: ApiReply[]) => {
  api.collections.set('orders', orders(1))
  answer('/all/orders', replies)
  return readManifest(httpManifest('error-composite'), { config: { url: api.url, pause: '4' }, runtime: runtime() })
}

describe('composite handlers', () => {
  test('find the handler that knows the answer, with its own patience and backoff', async () => {
    const conflict = { status: 409, body: {} }
    const busy = { status: 200, body: { state: 'very busy' } }
    expect((await readComposite([conflict, busy, conflict])).errors).toMatchObject([{ code: 'source-unavailable' }])
    expect(sleeps).toEqual([4, 8])
    sleeps = []
    expect((await readComposite([busy, busy, busy, busy])).records).toHaveLength(1)
    expect(sleeps).toEqual([4, 8, 16, 32])
  })

  test('the last of them decides over the table of defaults', async () => {
    expect((await readComposite([{ status: 500, body: {} }])).errors).toMatchObject([{ message: expect.stringContaining('It is broken.') }])
    expect(sleeps).toEqual([])
  })
})

describe('a backoff strategy', () => {
  const at = (seconds: number) => String(start / 1000 + seconds)
  test.each<[stream: string, headers: Record<string, string>, waits: number[]]>([
    ['constant', {}, [7.5, 7.5]],
    ['exponential', {}, [6, 12]],
    ['seconds', { 'Retry-After': '13' }, [13, 13]],
    ['seconds', { 'Retry-After': new Date(start + 40_000).toUTCString() }, [40, 0]],
    ['words', { 'X-Wait': 'please wait 2.5 s, then 9 s' }, [2.5, 2.5]],
    ['words', { 'X-Wait': 'please wait', 'Retry-After': '3' }, [3, 3]],
    ['limited', { 'Retry-After': '60' }, [60, 60]],
    ['until', { 'X-Reset': at(20) }, [20, 5]],
    ['until', { 'X-Reset': String(start + 20_000) }, [20, 5]],
    ['until', { 'X-Reset': new Date(start + 20_000).toUTCString() }, [20, 5]],
    ['until', {}, [5, 5]],
    ['until_words', { 'X-Wait': `again at ${at(8)}` }, [8, 0]],
    ['first_that_knows', { 'X-Past': at(-10) }, [11, 11]],
  ])('%s waits by %j', async (stream, headers, waits) => {
    api.collections.set('orders', orders(1))
    answer('/all/orders', [
      { status: 503, body: {}, headers },
      { status: 503, body: {}, headers },
    ])
    const config = { url: api.url, factor: '3', header: 'Wait' }
    const { records } = await readManifest(httpManifest('backoff'), { config, streams: [stream], runtime: runtime() })
    expect(records).toEqual(orders(1))
    expect(sleeps).toEqual(waits)
  })

  test.each<[string, string]>([
    ['limited', '61'],
    ['seconds', '3601'],
  ])('%s does not wait for %s seconds', async (stream, seconds) => {
    answer('/all/orders', [{ status: 429, body: {}, headers: { 'Retry-After': seconds } }])
    const { errors } = await readManifest(httpManifest('backoff'), { config: { url: api.url }, streams: [stream], runtime: runtime() })
    expect(errors).toMatchObject([{ fault: 'transient' }])
    expect(sleeps).toEqual([])
  })

  test('with a pattern that would keep a backtracking engine busy is answered at once', async () => {
    const manifest = parse(httpManifest('backoff')) as any
    manifest.streams[3].$parameters.backoff_strategies[0].regex = '(a+)+(b+)+(c+)+$'
    answer('/all/orders', [{ status: 503, body: {}, headers: { 'X-Wait': 'a'.repeat(900) } }])
    api.collections.set('orders', orders(1))
    const { records } = await readManifest(manifest, { config: { url: api.url, header: 'Wait' }, streams: ['words'], runtime: runtime() })
    expect(records).toHaveLength(1)
    manifest.streams[3].$parameters.backoff_strategies[0].regex = '(?=a)'
    answer('/all/orders', [{ status: 503, body: {}, headers: { 'X-Wait': 'a' } }])
    const { errors } = await readManifest(manifest, { config: { url: api.url, header: 'Wait' }, streams: ['words'], runtime: runtime() })
    expect(errors).toMatchObject([{ code: 'invalid-pattern', fault: 'config' }])
  })
})

const readBudgeted = async (streams: string[], limit = '6') => {
  const { errors, records } = await readManifest(httpManifest('budget'), { config: { url: api.url, limit }, streams, runtime: runtime() })
  expect(errors).toEqual([])
  return records
}

describe('a budget', () => {
  test('of a moving window is kept in every stretch of time, across streams', async () => {
    api.collections.set('orders', orders(6))
    await readBudgeted(['orders', 'again'])
    expect(times).toHaveLength(14)
    for (const [limit, seconds] of [
      [2, 1],
      [5, 10],
    ] as const) {
      for (const time of times) expect(times.filter((other) => other >= time && other < time + seconds).length).toBeLessThanOrEqual(limit)
    }
    // And is used: nothing waits longer than it has to.
    expect(times).toEqual([0, 0, 1, 1, 2, 10, 10, 11, 11, 12, 20, 20, 21, 21])
  })

  test('of a fixed window is counted anew in each, by weight, across streams', async () => {
    api.collections.set('fixed', orders(4))
    await readBudgeted(['light', 'heavy'])
    // Five requests of weight 1, then five of weight 2.
    expect(times).toEqual([0, 0, 0, 0, 0, 60, 60, 60, 120, 120])
  })

  test('does not hold what is unlimited', async () => {
    api.collections.set('free', orders(1))
    await readBudgeted(['free', 'free', 'free', 'free', 'free', 'free'])
    expect(times).toEqual(Array.from({ length: 12 }, () => 0))
  })

  test('learns from the API what is left and until when', async () => {
    api.collections.set('fixed', orders(2))
    let left = 1
    api.routes.set('/page/fixed', ({ url }) => ({
      status: 200,
      body: { data: orders(2).slice(Number(url.searchParams.get('page')) - 1, Number(url.searchParams.get('page'))) },
      headers: { 'X-Left': String(Math.max(0, left--)), 'X-Reset': String(start / 1000 + 25) },
    }))
    await readBudgeted(['light'])
    expect(times).toEqual([0, 0, 25])
  })

  test('takes a hit for a budget that is used up', async () => {
    api.collections.set('orders', orders(1))
    answer('/page/orders', [{ status: 429, body: {}, headers: { 'X-Reset': '30' } }])
    await readBudgeted(['orders'])
    expect(times[1]).toBe(30)
  })

  test.each<[string, (budget: any) => void, string]>([
    ['a limit of nothing', (budget) => (budget.policies[1].call_limit = 0), 'not a number of calls'],
    ['a period that is none', (budget) => (budget.policies[1].period = 'a minute'), 'not an ISO 8601 duration'],
    ['a broken pattern', (budget) => (budget.policies[0].matchers[0].url_path_pattern = '('), 'not a regular expression'],
  ])('with %s is told', async (_, change, message) => {
    const manifest = parse(httpManifest('budget')) as any
    change(manifest.api_budget)
    const result = await declarative.check(declarative.config.parse({ manifest, config: { url: api.url, limit: '5' } }), runtime())
    expect(result.ok ? undefined : result.error).toMatchObject({ fault: 'config', message: expect.stringContaining(message) })
  })

  test('of an unknown kind is refused at check time, by its place', async () => {
    const manifest = parse(httpManifest('budget')) as any
    manifest.api_budget.policies[1].type = 'TokenBucketPolicy'
    const result = await declarative.check(declarative.config.parse({ manifest, config: { url: api.url } }), runtime())
    expect(result.ok ? '' : result.error.message).toContain('api_budget.policies[1]: the component TokenBucketPolicy is not supported')
  })
})

test('what is cached is asked for once in a read, and is not what a reader made of it', async () => {
  api.collections.set('orders', orders(3))
  for (const id of [1, 2, 3]) {
    api.collections.set(`orders/${id}/items`, [{ id: id * 10 }])
    api.collections.set(`orders/${id}/notes`, [{ id: id * 100 }])
  }
  const read = () =>
    readManifest(httpManifest('cache'), { config: { url: api.url }, streams: ['orders', 'items', 'notes'], runtime: runtime() })
  const { records } = await read()
  expect(records.map(({ id }) => id)).toEqual([1, 2, 3, 10, 20, 30, 100, 200, 300])
  const pages = () => api.requests.filter(({ url }) => url.startsWith('/page')).length
  expect(pages()).toBe(2)
  await read()
  expect(pages()).toBe(4)
})

const readRequest = async (stream: string) => {
  api.collections.set('regions/north', [{ id: 1 }])
  const config = { url: api.url, sort: 'name', version: 7, kinds: ['x', 'y'] }
  const { errors } = await readManifest(httpManifest('request-options'), { config, streams: [stream], runtime: runtime() })
  return errors
}

describe('requests', () => {
  test('carry queries, headers and JSON from everywhere', async () => {
    expect(await readRequest('json')).toEqual([])
    expect(api.requests.map(({ headers }) => headers['x-name'])).toEqual(['1', '2'])
    const [{ url, headers, body }] = api.requests as [ApiServer['requests'][number]]
    expect([...new URL(url, api.url).searchParams]).toEqual([
      ['sort[name]', 'asc'],
      ['fields', 'a'],
      ['fields', 'b c'],
      ['n', '5'],
    ])
    expect(headers).toMatchObject({ 'x-version': '7', 'content-type': 'application/json' })
    expect(JSON.parse(body)).toEqual({ filter: { kinds: ['x', 'y'], deep: { on: true, region: 'north' } } })
  })

  test('carry forms, texts and GraphQL', async () => {
    for (const stream of ['form', 'text', 'graphql']) expect(await readRequest(stream)).toEqual([])
    const [form, text, graphql] = api.requests
    expect(form).toMatchObject({
      method: 'PUT',
      body: 'ids=1&ids=2&q=a%26b%3Dc&region=north',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(text).toMatchObject({ body: "<q v='7'/>", headers: { 'content-type': 'application/xml' } })
    expect(JSON.parse(graphql!.body)).toEqual({ query: 'query { regions { name } }', variables: { first: 7 } })
  })

  test('that cannot be made are told, not made otherwise', async () => {
    expect(await readRequest('body_on_get')).toMatchObject([{ code: 'manifest-unsupported', fault: 'config' }])
    expect(api.requests).toEqual([])
  })

  test('that take too long are made again', async () => {
    api.collections.set('orders', orders(1))
    let left = 2
    const slow: typeof fetch = async (input, init) => {
      if (left-- > 0) throw new DOMException('The operation was aborted due to timeout', 'TimeoutError')
      return fetch(input, init)
    }
    const manifest = httpManifest('error-composite')
    const { records } = await readManifest(manifest, { config: { url: api.url, pause: 1 }, runtime: runtime({ fetch: slow }) })
    expect(records).toEqual(orders(1))
  })
})
