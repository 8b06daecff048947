import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from '#core/event/parse.ts'
import { plainlyValid } from '#core/event/plainly-valid.ts'
import { eventSchema, eventTypes } from '#core/event/schema.ts'

const id = fc.oneof({ arbitrary: fc.constantFrom('u-1', 'm-1'), weight: 4 }, fc.constantFrom('', null, 7, 1e300, true, {}, []))
const time = fc.oneof(
  { arbitrary: fc.constantFrom('2026-11-24T12:00:00Z', 1_795_521_600_000), weight: 4 },
  fc.constantFrom('yesterday', '', null, -1, 1e300, false, {}, []),
)
const object = fc.oneof(
  { arbitrary: fc.dictionary(fc.string(), fc.jsonValue()), weight: 4 },
  fc.constantFrom<unknown[]>(null, [], [1], 'text', 0, JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":1}}')),
)
const text = fc.oneof(
  { arbitrary: fc.constantFrom('Order Completed', 'é'), weight: 4 },
  fc.constantFrom('', '  \n', ' '.repeat(1001), 'x'.repeat(1000), 'x'.repeat(1001), ` ${'x'.repeat(1000)}`, null, 1, {}),
)
const event = fc.record(
  {
    type: fc.oneof({ arbitrary: fc.constantFrom(...eventTypes), weight: 9 }, fc.constantFrom('Track', '', null, 1)),
    messageId: id,
    userId: id,
    anonymousId: id,
    groupId: id,
    previousId: id,
    timestamp: time,
    originalTimestamp: time,
    sentAt: time,
    event: text,
    name: text,
    category: text,
    properties: object,
    traits: object,
    context: object,
    integrations: object,
    plan: fc.jsonValue(),
  },
  { requiredKeys: ['type', 'userId'] },
)

test('the schema accepts whatever is plainly valid', () => {
  let plain = 0
  fc.assert(
    fc.property(event, (generated) => {
      const sent = parseJson(JSON.stringify(generated))
      if (!sent.ok || !plainlyValid(sent.value as Record<string, unknown>)) return
      plain++
      expect(eventSchema.safeParse(sent.value).error).toBeUndefined()
    }),
    { numRuns: 5000 },
  )
  expect(plain).toBeGreaterThan(200)
})

test('numbers kept as they were written are left to the schema', () => {
  const sent = parseJson('{"type":"identify","userId":"u","traits":9007199254740993}')
  expect(plainlyValid((sent as { value: Record<string, unknown> }).value)).toBe(false)
})

test.each(eventTypes)('what an SDK sends for %s is plainly valid', (type) => {
  const times = { timestamp: '2026-11-24T12:00:00.000Z', sentAt: '2026-11-24T12:00:01.000Z' }
  const fields = { event: 'A', name: 'Home', groupId: 'g', previousId: 'p', properties: {}, traits: {} }
  expect(plainlyValid({ type, messageId: 'm', userId: 'u', ...times, context: {}, integrations: {}, ...fields })).toBe(true)
})
