import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkEvent } from '#core/event/check.ts'
import type { Dialect } from '#core/event/dialect/dialect.ts'
import { pixelEvent } from '#core/event/dialect/pixel.ts'
import { posthogBatch, posthogCapture } from '#core/event/dialect/posthog.ts'
import { posthogEvents } from '#core/event/dialect/posthog-event.ts'
import { segmentBatch } from '#core/event/dialect/segment.ts'
import { parseJson } from '#core/event/parse.ts'
import { unwrap } from '#core/lib/result.ts'

const receivedAt = Date.UTC(2026, 10, 24)
const one = (raw: object) => posthogEvents({ uuid: 'm', ...raw }) as Record<string, any>[]
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

const of = (properties: object, event = 'A', distinct_id: unknown = 'd') => {
  const [{ userId, anonymousId } = {} as Record<string, any>] = one({ event, distinct_id, properties })
  return plain({ userId, anonymousId })
}

describe("who PostHog's event is of", () => {
  test.each<[string, object, object]>([
    ['a user', {}, { userId: 'd' }],
    ['a user on a device', { $device_id: 'x' }, { userId: 'd', anonymousId: 'x' }],
    ['the device itself', { $device_id: 'd' }, { anonymousId: 'd' }],
    ['nobody identified', { $is_identified: false, $device_id: 'x' }, { anonymousId: 'd' }],
    ['no person', { $process_person_profile: false }, { anonymousId: 'd' }],
  ])('%s', (_name, properties, people) => expect(of(properties)).toEqual(people))

  test('identify joins the id before it', () => {
    expect(of({ $anon_distinct_id: 'before', $device_id: 'x' }, '$identify')).toEqual({ userId: 'd', anonymousId: 'before' })
  })
  test('a group without a person is of nobody', () => {
    expect(of({ $group_type: 'company', $group_key: '7' }, '$groupidentify', '$company_7')).toEqual({ anonymousId: '$company_7' })
    expect(of({ $group_type: 'company', $group_key: '7' }, '$groupidentify', 'd')).toEqual({ userId: 'd' })
    expect(of({ $group_type: { toString: 1 }, $group_key: [{ valueOf: 2 }] }, '$groupidentify', 'd')).toEqual({ userId: 'd' })
  })
  test('a number is an id, and one in the properties is too', () => {
    expect(of({}, 'A', 7)).toEqual({ userId: '7' })
    expect(of({ distinct_id: 'p' }, 'A', null)).toEqual({ userId: 'p' })
  })
})

const types = (event: string, properties: object = {}) => one({ event, distinct_id: 'd', properties }).map(({ type }) => type)

describe("PostHog's own events", () => {
  test('are the ones of the spec', () => {
    expect(types('$identify', { $set: { a: 1 } })).toEqual(['identify'])
    expect(types('$set', { $set: { a: 1 } })).toEqual(['identify'])
    expect(types('$pageview')).toEqual(['page'])
    expect(types('$screen')).toEqual(['screen'])
    expect(types('$groupidentify')).toEqual(['group'])
    expect(types('$create_alias')).toEqual(['alias'])
    expect(types('$autocapture')).toEqual(['track'])
    expect(types('Order Completed')).toEqual(['track'])
  })

  test('$set wins over $set_once, wherever they stand, and $unset over both', () => {
    const [{ traits } = {} as Record<string, any>] = one({
      event: '$identify',
      distinct_id: 'd',
      $set: { b: 2, c: 3 },
      properties: { $set_once: { a: 0, b: 0 }, $set: { a: 1 }, $unset: ['c', 7] },
    })
    expect(traits).toEqual({ a: 1, b: 2, c: null })
  })

  test('what another event sets of its person is an identify beside it, with an id that a retry repeats', () => {
    const raw = { event: 'A', distinct_id: 'd', properties: { $set: { a: 1 }, total: 2 } }
    expect(one(raw)).toMatchObject([
      { type: 'track', messageId: 'm', properties: { total: 2 } },
      { type: 'identify', messageId: 'm-set', userId: 'd', traits: { a: 1 } },
    ])
    expect(one(raw)).toEqual(one(raw))
  })

  test('context comes out of the properties, and what the newer API lifts out goes back in', () => {
    const [event] = one({
      event: 'A',
      distinct_id: 'd',
      session_id: 's',
      options: { process_person_profile: false },
      properties: {
        $lib: 'web',
        $lib_version: '1',
        $ip: '1.2.3.4',
        $current_url: 'https://x/y',
        $pathname: '/y',
        $referrer: 'https://r',
        kept: 1,
      },
    })
    expect(plain(event)).toMatchObject({
      anonymousId: 'd',
      properties: { kept: 1, $session_id: 's', $current_url: 'https://x/y' },
      context: { library: { name: 'web', version: '1' }, ip: '1.2.3.4', page: { url: 'https://x/y', path: '/y', referrer: 'https://r' } },
    })
  })

  test('a field named __proto__ stays a field', () => {
    const raw = JSON.parse('{"event":"A","distinct_id":"d","properties":{"__proto__":{"x":1},"$set":{"__proto__":{"y":2}}}}') as object
    expect(JSON.stringify(one(raw).map(({ properties, traits }) => ({ properties, traits })))).toBe(
      '[{"properties":{"__proto__":{"x":1}}},{"traits":{"__proto__":{"y":2}}}]',
    )
  })
})

const tell = (query: string) => pixelEvent('track').tell({ body: undefined, query: new URLSearchParams(query), receivedAt })
const event = (query: string) => unwrap(tell(query)).events[0]

describe('a pixel', () => {
  test('sets a field by its path; __proto__ is one like others, and a deep path ends', () => {
    expect(event('event=A&properties.a.b=1&properties.a.c=2&properties.a=x&timestamp=2026-01-01')).toEqual({
      event: 'A',
      properties: { a: 'x' },
      timestamp: '2026-01-01',
      type: 'track',
    })
    expect(JSON.stringify(event('__proto__.polluted=1&timestamp=t'))).toBe('{"__proto__":{"polluted":"1"},"timestamp":"t","type":"track"}')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(JSON.stringify(event(`${'a.'.repeat(5000)}a=1`)).length).toBeLessThan(11_000)
  })

  test('takes data of any JSON object, in base64 of either alphabet or plain', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.jsonValue(),
        ),
        fc.boolean(),
        (fields, url) => {
          const data = Buffer.from(JSON.stringify(fields)).toString(url ? 'base64url' : 'base64')
          const { writeKey: _, timestamp: __, ...expected } = unwrap(parseJson(JSON.stringify(fields))) as Record<string, unknown>
          expect(plain(event(`data=${encodeURIComponent(data)}`))).toMatchObject(plain({ ...expected, type: 'track' }) as object)
        },
      ),
    )
  })

  test('refuses other data', () => {
    for (const data of ['%', 'W10=', '{', 'null', '/w==']) expect(tell(`data=${encodeURIComponent(data)}`).ok).toBe(false)
  })
})

test('whatever a body is, a dialect tells events that the check can judge, or refuses it with a field', () => {
  const dialects: Dialect[] = [segmentBatch, posthogBatch, posthogCapture]
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record({ batch: fc.jsonValue(), context: fc.jsonValue() }),
    fc.record({ batch: fc.array(fc.jsonValue()) }),
  )
  fc.assert(
    fc.property(body, fc.constantFrom(...dialects), (given, dialect) => {
      const call = { body: given, query: undefined, receivedAt }
      expect(['string', 'undefined']).toContain(typeof dialect.keyOf(call))
      const told = dialect.tell(call)
      if (!told.ok) {
        expect(told.error.at?.field).toMatch(/^(batch|context)$/)
        return
      }
      expect(told.value.payloads?.length ?? told.value.events.length).toBe(told.value.events.length)
      for (const event of told.value.events) checkEvent(event, { deep: true })
    }),
  )
})
