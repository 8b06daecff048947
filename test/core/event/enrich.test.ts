import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Acceptor } from '#core/event/accept.ts'
import { happenedAt } from '#core/event/enrich/clock.ts'
import { contentId } from '#core/event/message-id.ts'
import { parseTime } from '#core/event/schema.ts'
import { receptionOf } from '#test/fixture/reception.ts'

const minute = 60_000
const received = Date.UTC(2026, 10, 24, 12)

async function rowOf(event: object, enrich: object = {}) {
  const whole = { type: 'track', event: 'A', userId: 'u', messageId: 'm', ...event }
  const reception = receptionOf({ receivedAt: received, enrich })
  const { lines } = await new Acceptor().accept([whole], reception, { maxBytes: 32_768, bodyBytes: 0, deep: true })
  return JSON.parse(lines[0]!) as Record<string, any>
}

describe('the clock rule', () => {
  test("the sender's time stands while network delay explains the difference", () => {
    expect(happenedAt(received - 5 * minute, received - 30_000, received, minute)).toBe(received - 5 * minute)
    expect(happenedAt(received - 5 * minute, received + 1000, received, minute)).toBe(received - 5 * minute)
  })

  test("a clock that is wrong is corrected by Segment's formula", () => {
    const ahead = 3 * 3600_000
    expect(happenedAt(received + ahead - minute, received + ahead, received, minute)).toBe(received - minute)
    expect(happenedAt(received - ahead - minute, received - ahead, received, minute)).toBe(received - minute)
  })

  test('without the own time it is when it was received, and without sentAt it cannot be corrected', () => {
    expect(happenedAt(undefined, received, received, minute)).toBe(received)
    expect(happenedAt(received - 1e9, undefined, received, minute)).toBe(received - 1e9)
  })

  test("a timestamp beside another originalTimestamp is the caller's or a relay's own, and stands", async () => {
    const ahead = new Date(received + 3 * 3600_000).toISOString()
    const own = '2026-11-20T08:00:00.000Z'
    const row = await rowOf({ timestamp: own, originalTimestamp: ahead, sentAt: ahead })
    expect([row['timestamp'], row['original_timestamp'], row['day']]).toEqual([own, ahead, ahead.slice(0, 10)])
    const same = await rowOf({ timestamp: ahead, originalTimestamp: ahead, sentAt: ahead })
    expect(same['timestamp']).toBe(new Date(received).toISOString())
  })

  test('the time between happening and sending is never changed by the correction', () => {
    const time = fc.integer({ min: 0, max: 4e12 })
    fc.assert(
      fc.property(time, time, (original, sentAt) => {
        const happened = happenedAt(original, sentAt, received, minute)
        expect([original, received - (sentAt - original)]).toContain(happened)
      }),
    )
  })
})

describe('an event of the future', () => {
  const minute = 60_000
  test.each<[string, object, boolean]>([
    ['a time of its own making', { timestamp: received + 2 * minute, sentAt: received }, true],
    ['a wrong clock that nothing corrects', { timestamp: received + 2 * minute }, true],
    ['within what clocks may differ', { timestamp: received + minute }, false],
    ['a wrong clock that is corrected', { timestamp: received + 60 * minute, sentAt: received + 60 * minute }, false],
    ['the past', { timestamp: received - 60 * minute }, false],
  ])('is flagged: %s', async (_name, times, future) => {
    const { context } = await rowOf(times)
    expect(context['clock']).toEqual(future ? { future: true } : undefined)
  })

  test('keeps all its times, and the threshold is a setting', async () => {
    const sent = { timestamp: new Date(received + 90_000).toISOString(), sentAt: new Date(received - 1000).toISOString() }
    expect(await rowOf(sent)).toMatchObject({
      context: { clock: { future: true } },
      timestamp: sent.timestamp,
      original_timestamp: sent.timestamp,
      sent_at: sent.sentAt,
      received_at: new Date(received).toISOString(),
    })
    expect((await rowOf(sent, { future_after: 90 })).context).not.toHaveProperty('clock')
    expect((await rowOf({ ...sent, context: { clock: { future: 'no' } } })).context['clock']).toEqual({ future: 'no' })
  })
})

describe('ids for events without one', () => {
  test('a retry gets the same id, whenever it is sent', async () => {
    const event = { type: 'track', event: 'A', userId: 'u', properties: { sentAt: 1 } }
    expect(await contentId('web', { ...event, sentAt: '2026-01-01' })).toBe(await contentId('web', { ...event, sentAt: '2026-01-02' }))
  })

  test('other content or another source is another id', async () => {
    const event = { type: 'track', event: 'A', userId: 'u' }
    const ids = await Promise.all([
      contentId('web', event),
      contentId('app', event),
      contentId('web', { ...event, userId: 'v' }),
      contentId('web', { ...event, properties: { sentAt: 1 } }),
    ])
    expect(new Set(ids).size).toBe(4)
  })
})

test.each([
  ['2026-11-24T12:00:00.000Z', received],
  [received, received],
  [received / 1000, received],
  [String(received), received],
  ['yesterday', undefined],
  [Number.NaN, undefined],
  [true, undefined],
])('parseTime(%s)', (value, time) => expect(parseTime(value)).toBe(time))
