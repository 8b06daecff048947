import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { happenedAt } from '#core/event/enrich/clock.ts'
import { contentId } from '#core/event/message-id.ts'
import { parseTime } from '#core/event/schema.ts'

const minute = 60_000
const received = Date.UTC(2026, 10, 24, 12)

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
