import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Acceptor } from '#core/event/accept.ts'
import { parseJson } from '#core/event/parse.ts'
import { wellFormed } from '#core/event/rows.ts'
import { isIsoTime } from '#core/event/schema.ts'
import { receptionOf } from '#test/fixture/reception.ts'

const reception = receptionOf({ visitor: { ip: '192.0.2.1', userAgent: 'Mozilla/5.0' } })
const limits = { maxBytes: 32 * 1024, bodyBytes: 0, deep: true }

async function rowOf(event: unknown) {
  const { lines, rejections } = await new Acceptor().accept([event], reception, limits)
  expect(rejections).toEqual([])
  return JSON.parse(lines[0]!) as Record<string, any>
}

describe('a row', () => {
  test('has the event, its view, its times and what the request tells', async () => {
    const row = await rowOf({
      type: 'track',
      event: 'Order Completed',
      userId: 7,
      messageId: 'm1',
      timestamp: '2026-11-23T10:00:00Z',
      properties: { total: 9.5 },
      plan: 'x',
    })
    expect(row).toMatchObject({
      source: 'web',
      type: 'track',
      event: 'order_completed',
      event_text: 'Order Completed',
      day: '2026-11-23',
      message_id: 'm1',
      user_id: '7',
      timestamp: '2026-11-23T10:00:00.000Z',
      original_timestamp: '2026-11-23T10:00:00.000Z',
      properties: { total: 9.5 },
      context: { ip: '192.0.2.1', library: { name: 'http' } },
      extra: '{"plan":"x"}',
    })
  })

  test('an identify of RudderStack has its traits in the context', async () => {
    expect((await rowOf({ type: 'identify', userId: 'u', messageId: 'm', context: { traits: { a: 1 } } }))['traits']).toEqual({ a: 1 })
  })

  test('garbage dates fold into one partition and never leave the range of the column', async () => {
    for (const timestamp of ['0001-01-01T00:00:00Z', '+275760-09-13T00:00:00Z', '9999-12-31T23:59:59Z', -1]) {
      const row = await rowOf({ type: 'page', userId: 'u', messageId: 'm', timestamp })
      expect(row['day']).toBe('1970-01-01')
      const year = new Date(row['timestamp']).getUTCFullYear()
      expect(year >= 1900 && year < 2299).toBe(true)
    }
    expect((await rowOf({ type: 'page', userId: 'u', messageId: 'm' }))['day']).toBe('1970-01-01')
  })

  test('has its times as toISOString writes them, however the sender wrote them', async () => {
    const time = fc.date({ min: new Date('1995-01-01'), max: new Date('2060-01-01'), noInvalidDate: true })
    const wild = fc.constantFrom('2026-02-30T10:00:00.000Z', '2026-12-31T24:00:00.000Z', '2026-06-01T10:00:00.000Z')
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          time.map((date) => date.toISOString()),
          wild,
          time.map((date) => date.getTime()),
        ),
        async (timestamp) => {
          const expected = new Date(timestamp).toISOString()
          const row = await rowOf({ type: 'page', userId: 'u', messageId: 'm', timestamp })
          expect([row['timestamp'], row['original_timestamp']]).toEqual([expected, expected])
          const inRange = expected >= '2000' && expected < '2050'
          expect(row['day']).toBe(inRange ? expected.slice(0, 10) : '1970-01-01')
        },
      ),
    )
  })

  test('has the text of a time unread only where it is what toISOString writes', () => {
    const digits = fc.stringMatching(/^(19|20|21)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d\.\d{3}Z$/)
    fc.assert(
      fc.property(digits, (text) => {
        if (isIsoTime(text)) expect(new Date(text).toISOString()).toBe(text)
      }),
    )
    expect(isIsoTime('2026-06-01T10:00:00.000Z')).toBe(true)
  })

  test('fields named like members of a prototype are fields', async () => {
    const event = JSON.parse(
      '{"type":"track","event":"A","userId":"u","messageId":"m","properties":{"__proto__":{"x":1},"constructor":2}}',
    ) as unknown
    const { lines } = await new Acceptor().accept([event], reception, limits)
    expect(lines[0]).toContain('"__proto__":{"x":1},"constructor":2')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test('any JSON in properties makes one line that reads back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 5 })), async (properties) => {
        const clean = JSON.parse(JSON.stringify(properties)) as object
        const { lines } = await new Acceptor().accept(
          [{ type: 'track', event: 'A', userId: 'u', messageId: 'm', properties: clean }],
          reception,
          {
            maxBytes: 1e9,
            bodyBytes: 0,
            deep: true,
          },
        )
        expect(lines).toHaveLength(1)
        expect(lines[0]).not.toContain('\n')
        expect(() => JSON.parse(lines[0]!)).not.toThrow()
      }),
    )
  })
})

describe('what ClickHouse would refuse is mended before', () => {
  test('lone surrogates become U+FFFD; escaped backslashes stay', () => {
    expect(JSON.parse(wellFormed(JSON.stringify({ a: '\ud800', b: '\\ud800', c: '😀', d: '\\\ud800' })))).toEqual({
      a: '\ufffd',
      b: '\\ud800',
      c: '😀',
      d: '\\\ufffd',
    })
  })

  test('large integers keep their digits', () => {
    const text = '{"a":12345678901234567,"b":18446744073709551615,"c":-9223372036854775809,"d":1e20,"e":1e400,"f":"1234567890123456789"}'
    const parsed = parseJson(text)
    expect(JSON.stringify(parsed.ok && parsed.value)).toBe(
      '{"a":12345678901234567,"b":18446744073709551615,"c":"-9223372036854775809","d":1e+20,"e":"1e400","f":"1234567890123456789"}',
    )
  })
})

test('parsing finds every large number an event may have, and all that may be too deep, and changes nothing else', () => {
  const number = fc.constantFrom('1', '-0.5', '12345678901234567', '-18446744073709551615')
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
      fc.integer({ min: 0, max: 40 }),
      number,
      (value, pairs, digits) => {
        const text = `{"value":${JSON.stringify(value)},"nested":${'{"a":['.repeat(pairs)}${digits}${']}'.repeat(pairs)}}`
        const parsed = parseJson(text)
        const kept = digits.startsWith('-1') ? `"${digits}"` : digits
        if (2 * pairs <= 64) expect(parsed.ok && JSON.stringify(parsed.value)).toBe(text.replace(digits, kept))
        expect(parsed.ok && parsed.deep).toBe(1 + 2 * pairs > 64)
      },
    ),
  )
})

describe('an event that is refused names reason and field', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(70)}1${'}'.repeat(70)}`) as object
  test.each([
    ['text', 'not-an-object', undefined],
    [[], 'not-an-object', undefined],
    [{ userId: 'u' }, 'missing-type', 'type'],
    [{ type: 'nope', userId: 'u' }, 'unknown-type', 'type'],
    [{ type: 'track', userId: 'u' }, 'missing-field', 'event'],
    [{ type: 'track', event: ' ', userId: 'u' }, 'missing-field', 'event'],
    [{ type: 'track', event: 7, userId: 'u' }, 'wrong-type', 'event'],
    [{ type: 'track', event: 'A' }, 'missing-user', 'userId'],
    [{ type: 'track', event: 'A', userId: {} }, 'wrong-type', 'userId'],
    [{ type: 'track', event: 'A', userId: 'u', properties: [] }, 'wrong-type', 'properties'],
    [{ type: 'track', event: 'A', userId: 'u', timestamp: 'soon' }, 'invalid-timestamp', 'timestamp'],
    [{ type: 'group', userId: 'u' }, 'missing-field', 'groupId'],
    [{ type: 'alias', userId: 'u' }, 'missing-field', 'previousId'],
    [{ type: 'page', userId: 'u', properties: deep }, 'too-deep', expect.stringMatching(/^properties\.a\./)],
    [{ type: 'page', userId: 'u', properties: { a: 'x'.repeat(40_000) } }, 'too-large', undefined],
  ])('%j: %s at %s', async (event, reason, field) => {
    const { lines, rejected, rejections } = await new Acceptor().accept([event], reception, { ...limits, bodyBytes: 100_000 })
    expect(lines).toEqual([])
    expect(rejections[0]!.error.code).toBe(reason)
    expect(rejections[0]!.error.at?.field).toEqual(field)
    expect(JSON.parse(rejected[0]!)).toMatchObject({ reason, source: 'web' })
  })
})
