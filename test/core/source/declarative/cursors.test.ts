import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { type ApiServer, startApiServer } from '#test/fixture/api-server.ts'
import { readStreamOf, streamManifest } from './read-manifest.ts'

let api: ApiServer

beforeAll(async () => {
  api = await startApiServer()
})

afterEach(() => {
  api.collections.clear()
  api.requests.length = 0
  api.afterRequest = () => undefined
})

afterAll(() => api.close())

const start = Date.UTC(2026, 0, 1)
const at = (hours: number) => new Date(start + hours * 3_600_000).toISOString()
const config = (more: JsonObject = {}) => ({ url: api.url, ...more })
const asked = (name: string) => api.requests.map(({ url }) => new URL(url, api.url).searchParams.get(name))

describe('a count', () => {
  test('is asked for from where it was, and from the start at first', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => ({ id: index + 1 }))
    api.collections.set('orders', rows)
    const first = await readStreamOf(streamManifest('count-cursor'), { config: config({ first: 3 }), mode: 'incremental' })
    expect(first.records).toEqual(rows.slice(2))
    expect(first.states).toEqual([{ id: 10 }])
    rows.push({ id: 11 })
    const second = await readStreamOf(streamManifest('count-cursor'), {
      config: config({ first: 3 }),
      mode: 'incremental',
      state: { id: 10 },
    })
    expect(second.records).toEqual([{ id: 10 }, { id: 11 }])
    expect(asked('from_id')).toEqual(['3', '10'])
    const range = await readStreamOf(streamManifest('count-cursor'), {
      config: config({ first: 3 }),
      mode: 'incremental',
      range: { from: '2', to: '4' },
    })
    expect(range.records).toEqual([{ id: 2 }, { id: 3 }])
    expect(range.states).toEqual([])
  })
})

describe('clamping', () => {
  // 2026-01-01 is a Thursday.
  test('keeps to whole weeks', async () => {
    api.collections.set('orders', [])
    await readStreamOf(streamManifest('clamping'), { config: config({ target: 'MONTH' }), stream: 'weekly' })
    expect(asked('since')).toEqual(['2026-01-05', '2026-01-12', '2026-01-19', '2026-01-26', '2026-02-02'])
    expect(asked('until').at(-1)).toBe('2026-02-08T23:59:59.999Z')
  })

  test('keeps to whole months', async () => {
    api.collections.set('orders', [])
    await readStreamOf(streamManifest('clamping'), { config: config({ target: 'MONTH' }), stream: 'monthly' })
    expect(asked('since')).toEqual(['2026-01-01'])
    expect(asked('until')).toEqual(['2026-01-31T23:59:59.999Z'])
    const wrong = await readStreamOf(streamManifest('clamping'), { config: config({ target: 'YEAR' }), stream: 'monthly' })
    expect(wrong.error).toMatchObject({ code: 'invalid-cursor', fault: 'config' })
  })
})

test('a feed from new to old is read to where it was known', async () => {
  const newest = Array.from({ length: 40 }, (_, index) => ({ id: 40 - index, updated_at: at(40 - index) }))
  api.collections.set('newest', newest)
  const read = await readStreamOf(streamManifest('feed'), {
    config: config(),
    stream: 'feed',
    mode: 'incremental',
    state: { updated_at: at(32) },
  })
  expect(read.records.map(({ id }) => id)).toEqual([40, 39, 38, 37, 36, 35, 34, 33, 32])
  expect(api.requests).toHaveLength(2)
  expect(read.states.at(-1)).toEqual({ updated_at: at(40) })
})

describe('a state-delegating stream', () => {
  test('is read whole at first, then by its changes', async () => {
    api.collections.set('orders', [
      { id: 1, updated_at: at(1) },
      { id: 2, updated_at: at(2) },
    ])
    api.collections.set('changes', [
      { id: 2, updated_at: at(2) },
      { id: 3, updated_at: at(3) },
    ])
    const first = await readStreamOf(streamManifest('state-delegating'), { config: config(), mode: 'incremental' })
    expect(first.records).toEqual(api.collections.get('orders'))
    const second = await readStreamOf(streamManifest('state-delegating'), {
      config: config(),
      mode: 'incremental',
      state: first.states.at(-1)!,
    })
    expect(second.records).toEqual(api.collections.get('changes'))
    const full = await readStreamOf(streamManifest('state-delegating'), { config: config(), state: first.states.at(-1)! })
    expect(full.records).toEqual(api.collections.get('orders'))
  })
})

describe('states of other versions', () => {
  const orders = [{ id: 1 }, { id: 2 }]
  const items = (order: number) => [3, 5, 7].map((hours) => ({ order, updated_at: at(hours) }))

  test.each<[string, Json, JsonObject[]]>([
    ['by the id of the parent alone', { 1: { updated_at: at(5) }, 2: { updated_at: at(7) } }, [...items(1).slice(1), ...items(2).slice(2)]],
    [
      'with ids that are texts',
      { states: [{ partition: { order: '1', parent_slice: {} }, cursor: { updated_at: at(7) } }] },
      [...items(1).slice(2), ...items(2)],
    ],
    [
      'without the parent slice',
      { states: [{ partition: { order: 2 }, cursor: { updated_at: at(7) } }] },
      [...items(1), ...items(2).slice(2)],
    ],
    ['one for the whole stream', { updated_at: at(7) }, [...items(1).slice(2), ...items(2).slice(2)]],
    [
      'of one cursor for all',
      { use_global_cursor: true, state: { updated_at: at(7) }, lookback_window: 7200, states: [] },
      [...items(1).slice(1), ...items(2).slice(1)],
    ],
    [
      'in slices of time',
      {
        states: [
          {
            partition: { order: 1, parent_slice: {} },
            cursor: { state_type: 'date-range', slices: [{ start: at(0), end: at(9), most_recent_cursor_value: at(5) }] },
          },
        ],
      },
      [...items(1).slice(1), ...items(2)],
    ],
  ])('are taken: %s', async (_, state, wanted) => {
    api.collections.set('orders', orders)
    for (const { id } of orders) api.collections.set(`orders/${id}/items`, items(id))
    const read = await readStreamOf(streamManifest('legacy-state'), { config: config(), stream: 'items', mode: 'incremental', state })
    expect(read.error).toBeUndefined()
    expect(read.records).toEqual(wanted)
  })
})

test('one cursor for all partitions moves at the end of a run, less the time the run took', async () => {
  api.collections.set('orders', [{ id: 1 }, { id: 2 }])
  api.collections.set('orders/1/items', [
    { n: 1, updated_at: at(4) },
    { n: 2, updated_at: at(9) },
  ])
  api.collections.set('orders/2/items', [{ n: 3, updated_at: at(6) }])
  let time = Date.UTC(2026, 2, 1)
  api.afterRequest = () => void (time += 3_600_000)
  const read = await readStreamOf(streamManifest('global-cursor'), {
    config: config(),
    stream: 'items',
    mode: 'incremental',
    now: () => time,
  })
  expect(read.states).toEqual([{ use_global_cursor: true, state: { updated_at: at(9) }, lookback_window: 3 * 3600 }])
  expect(read.after).toEqual([3])
  const next = await readStreamOf(streamManifest('global-cursor'), {
    config: config(),
    stream: 'items',
    mode: 'incremental',
    state: read.states[0]!,
  })
  expect(next.records.map(({ n }) => n)).toEqual([2, 3])
})

test('the partitions of more than ten thousand are kept as one', async () => {
  const orders = Array.from({ length: 10_003 }, (_, id) => ({ id }))
  api.collections.set('orders', orders)
  const source = (await import('#core/source/declarative/index.ts')).declarative
  const { marchRuntime } = await import('./read-manifest.ts')
  const runtime = marchRuntime()
  // Ten thousand requests over a socket would only take long.
  runtime.fetch = async (input) => {
    const [, id] = /orders\/(\d+)\/items/.exec(String(input)) ?? []
    const data = id === undefined ? orders : [{ id: Number(id), updated_at: at(Number(id) % 100) }]
    return new Response(JSON.stringify({ data }))
  }
  const settings = source.config.parse({ manifest: streamManifest('legacy-state'), config: { url: api.url } })
  const states: Json[] = []
  for await (const message of source.read(settings, { streams: [{ name: 'items', mode: 'incremental' }] }, runtime)) {
    if (message.type === 'state') states.push(message.state)
  }
  expect(states.length).toBeGreaterThan(1)
  expect(states.slice(0, -1).every((state) => !('use_global_cursor' in (state as JsonObject)))).toBe(true)
  expect(states.at(-1)).toEqual({ use_global_cursor: true, state: { updated_at: at(99) }, lookback_window: 0 })
}, 60_000)

describe('a backfill', () => {
  test('reads the range and no more, whatever the steps', async () => {
    const hours = fc.integer({ min: 0, max: 1000 })
    await fc.assert(
      fc.asyncProperty(fc.array(hours, { maxLength: 30 }), hours, hours, async (held, from, to) => {
        const records = held.map((hour, id) => ({ id, updated_at: at(hour) }))
        api.collections.set('orders', records)
        const range = { from: at(from), to: at(to) }
        const read = await readStreamOf(streamManifest('incremental-parent'), { config: config(), mode: 'incremental', range })
        expect(read.error).toBeUndefined()
        expect(new Set(read.records)).toEqual(
          new Set(records.filter(({ updated_at }) => updated_at >= range.from && updated_at < range.to)),
        )
        expect(read.states).toEqual([])
      }),
      { numRuns: 30 },
    )
  })
})

describe('children of a parent that changes with them', () => {
  interface Held {
    orders: Map<number, JsonObject>
    items: Map<number, JsonObject[]>
  }

  function serve({ orders, items }: Held): void {
    api.collections.set(
      'orders',
      [...orders.values()].toSorted((a, b) => String(a.updated_at).localeCompare(String(b.updated_at))),
    )
    for (const [id, list] of items) api.collections.set(`orders/${id}/items`, list)
    for (const id of orders.keys()) if (!items.has(id)) api.collections.set(`orders/${id}/items`, [])
  }

  const change = fc.record({ order: fc.integer({ min: 1, max: 12 }), hours: fc.integer({ min: 1, max: 60 }), items: fc.nat(3) })

  test('are all read, incrementally, from any state, however many are read at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        async (rounds, workers, pick) => {
          const held: Held = { orders: new Map(), items: new Map() }
          let clock = 0
          let serial = 0
          /** What a reader who commits states as they come has, with one interruption in each round. */
          const known = new Map<number, JsonObject>()
          let state: Json | undefined
          for (const changes of rounds) {
            for (const { order, hours, items } of changes) {
              clock += hours
              const list = held.items.get(order) ?? []
              for (let index = 0; index < items; index++) list.push({ id: serial++, updated_at: at(clock) })
              held.items.set(order, list)
              held.orders.set(order, { id: order, customer: { name: `buyer ${order}` }, updated_at: at(clock) })
            }
            serve(held)
            const options = { config: config({ workers }), stream: 'items', mode: 'incremental' as const }
            const broken = await readStreamOf(streamManifest('incremental-parent'), {
              ...options,
              ...(state === undefined ? {} : { state }),
            })
            expect(broken.error).toBeUndefined()
            // Up to one of its states the run is taken as done; the rest is lost, and read again.
            const kept = broken.states.length === 0 ? -1 : pick % broken.states.length
            for (const record of broken.records.slice(0, kept === -1 ? 0 : broken.after[kept])) known.set(Number(record.id), record)
            if (kept !== -1) state = broken.states[kept]
            const rest = await readStreamOf(streamManifest('incremental-parent'), { ...options, ...(state === undefined ? {} : { state }) })
            for (const record of rest.records) known.set(Number(record.id), record)
            state = rest.states.at(-1) ?? state
            const wanted = [...held.items].flatMap(([order, list]) => list.map((item) => ({ ...item, order, buyer: `buyer ${order}` })))
            expect([...known.values()].toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual(
              wanted.toSorted((a, b) => Number((a as JsonObject).id) - Number((b as JsonObject).id)),
            )
          }
          // With nothing new, only the parents at the end of what is known are asked for theirs.
          api.requests.length = 0
          await readStreamOf(streamManifest('incremental-parent'), {
            config: config({ workers }),
            stream: 'items',
            mode: 'incremental',
            ...(state === undefined ? {} : { state }),
          })
          const last = [...held.orders.values()].filter(({ updated_at }) => updated_at === at(clock))
          expect(api.requests.filter(({ url }) => url.includes('/items')).length).toBeLessThanOrEqual(
            state === undefined ? held.orders.size : last.length,
          )
        },
      ),
      { numRuns: 40 },
    )
  }, 120_000)

  test('are told in the order of one by one when several are read at once', async () => {
    const orders = new Map(
      Array.from({ length: 20 }, (_, id): [number, JsonObject] => [id, { id, customer: { name: 'x' }, updated_at: at(id) }]),
    )
    const items = new Map([...orders.keys()].map((id): [number, JsonObject[]] => [id, [{ id, updated_at: at(id) }]]))
    serve({ orders, items })
    const one = await readStreamOf(streamManifest('incremental-parent'), {
      config: config({ workers: 1 }),
      stream: 'items',
      mode: 'incremental',
    })
    let open = 0
    let most = 0
    const { afterRequest } = api
    const { authorize } = api
    api.authorize = () => {
      most = Math.max(most, ++open)
      return true
    }
    api.afterRequest = () => void open--
    const many = await readStreamOf(streamManifest('incremental-parent'), {
      config: config({ workers: 20 }),
      stream: 'items',
      mode: 'incremental',
    })
    Object.assign(api, { afterRequest, authorize })
    expect(many.records).toEqual(one.records)
    expect(many.states.at(-1)).toEqual(one.states.at(-1))
    expect(most).toBeLessThanOrEqual(9)
  })
})
