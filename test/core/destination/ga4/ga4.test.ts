import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleEvent } from '#core/connector/example.ts'
import { recommended, reservedNames } from '#core/destination/ga4/config.ts'
import { ga4 } from '#core/destination/ga4/index.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { testRuntime } from '#test/fixture/runtime.ts'

interface Sent {
  client_id: string
  events: { name: string; params: Record<string, unknown>; timestamp_micros?: number }[]
}

const config = ga4.config.parse({ measurement_id: 'G-A', api_secret: 's', currency: 'EUR' })
const name = fc.oneof(
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc.constantFrom(
    'Order Completed',
    'Product Viewed',
    'Cart Viewed',
    'session_start',
    'ga_x',
    '_x',
    'firebase_a',
    'products',
    'a'.repeat(60),
  ),
)
const properties = fc.dictionary(name, fc.oneof(fc.string({ maxLength: 300 }), fc.jsonValue()), { maxKeys: 40 })

/** The rules of the protocol ("Limitations", "Reserved names") held against what was sent, since Google only drops what breaks them. */
test('whatever an event holds, what is sent keeps to the rules, or the event is refused', async () => {
  let accepted = 0
  const product = fc.record({ product_id: fc.string({ maxLength: 200 }), price: fc.double({ noNaN: true, noDefaultInfinity: true }) })
  const extra = fc.record({ order_id: fc.string(), revenue: fc.nat(), products: fc.array(product, { maxLength: 5 }) }, { requiredKeys: [] })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, properties, extra), { minLength: 1, maxLength: 30 }), async (entries) => {
      const requests: Sent[] = []
      const fetch: typeof globalThis.fetch = async (_url, init) => {
        expect(new TextEncoder().encode(String(init?.body)).length).toBeLessThan(130_000)
        requests.push(JSON.parse(String(init?.body)) as Sent)
        return new Response(null, { status: 204 })
      }
      const events = entries.map(([event, own, more], index) =>
        sampleEvent({ type: 'track', anonymousId: `a${index % 3}`, event, properties: { ...own, ...more } as JsonObject }),
      )
      const clock = { ...testRuntime().clock, now: () => Date.parse('2026-11-24T10:00:05.000Z') }
      const outcomes = await ga4.events!.deliver(config, events, testRuntime({ fetch, clock }))
      const sent = requests.flatMap((request) => request.events)
      expect(outcomes.filter(({ status }) => status === 'accepted')).toHaveLength(sent.length)
      accepted += sent.length
      for (const request of requests) expect(request.events.length).toBeLessThanOrEqual(25)
      for (const event of sent) {
        expect(event.name).toMatch(/^\p{L}[\p{L}\p{N}_]{0,39}$/u)
        expect(reservedNames.has(event.name)).toBe(false)
        expect(event.name).not.toMatch(/^(firebase|ga|google)_/)
        const params = Object.entries(event.params)
        expect(params.length).toBeLessThanOrEqual(25)
        for (const [param, value] of params) {
          expect(param).toMatch(/^[a-zA-Z]\w{0,39}$/)
          expect(param).not.toMatch(/^(firebase_|ga_|google_|gtag\.)/)
          if (param === 'items') for (const item of value as object[]) Object.values(item).forEach(expectFlat)
          else expectFlat(value)
        }
        if (event.params['value'] !== undefined && [...recommended.values()].includes(event.name)) {
          expect(event.params['currency']).toBeTypeOf('string')
        }
      }
    }),
    { numRuns: 150 },
  )
  expect(accepted).toBeGreaterThan(100)
})

function expectFlat(value: unknown): void {
  if (typeof value === 'string') expect(value.length).toBeLessThanOrEqual(100)
  else expect(value).toBeTypeOf('number')
}
