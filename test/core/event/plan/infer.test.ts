import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { PlanInference, type PlanInput } from '#core/event/plan/infer.ts'
import { PlanJudge } from '#core/event/plan/judge.ts'
import { edgePlanSchema } from '#core/event/plan/plan.ts'
import type { Event } from '#core/event/schema.ts'

const options = { requiredFrom: 0.99, enumUpTo: 0 }
const past = (properties: object, event = 'A') => ({ event: { type: 'track', event, userId: 'u', properties } as Event, context: {} })

function infer(payloads: readonly object[], own = options): PlanInput {
  const inference = new PlanInference(own)
  for (const payload of payloads) inference.add(past(payload))
  return inference.plan()
}
const schemaOf = (payloads: readonly object[], own = options) => infer(payloads, own).events!['A']!.schema
const judgeOf = (plan: PlanInput) => new PlanJudge(edgePlanSchema.parse({ name: 'p', version: '1', ...plan }))

test('types, formats, lists, objects within, and what is required', () => {
  const payload = { id: 'o1', total: 5, at: '2026-01-02T03:04:05Z', born: '2026-01-02', tags: ['a'], customer: { city: 'Ulm' } }
  const many = Array.from({ length: 200 }, (_, index) => ({
    ...payload,
    ...(index > 3 ? {} : { id: null }),
    ...(index === 0 ? { total: 1.5, note: 'x' } : {}),
  }))
  expect(schemaOf(many)).toEqual({
    type: 'object',
    required: ['at', 'born', 'customer', 'tags', 'total'],
    properties: {
      at: { type: 'string', format: 'date-time' },
      born: { type: 'string', format: 'date' },
      customer: { type: 'object', required: ['city'], properties: { city: { type: 'string' } } },
      id: { type: 'string' },
      note: { type: 'string' },
      tags: { type: 'array', items: { type: 'string' } },
      total: { type: 'number' },
    },
  })
})

test('few values, seen often, are an enum where that is asked for', () => {
  const many = Array.from({ length: 100 }, (_, index) => ({ currency: index % 2 ? 'EUR' : 'USD', id: `o${index}` }))
  expect(schemaOf(many)).toMatchObject({ properties: { currency: { type: 'string' } } })
  expect(schemaOf(many, { ...options, enumUpTo: 5 })).toMatchObject({
    properties: { currency: { enum: ['EUR', 'USD'] }, id: { type: 'string' } },
  })
  expect(schemaOf(many.slice(0, 10), { ...options, enumUpTo: 5 })).not.toMatchObject({
    properties: { currency: { enum: expect.anything() } },
  })
})

test('an object with keys without end is a map, and stays open', () => {
  const wide = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index]))
  expect(schemaOf([{ wide }])).toEqual({ type: 'object', required: ['wide'], properties: { wide: { type: 'object' } } })
})

test('an event without properties is planned to have none; other calls are planned too', () => {
  const inference = new PlanInference(options)
  inference.add(past({}))
  inference.add({ event: { type: 'identify', userId: 'u', traits: { age: 7 } }, context: {} })
  inference.add({ event: { type: 'alias', userId: 'u', previousId: 'p' }, context: {} })
  const plan = inference.plan()
  expect(plan).toMatchObject({ identify: { schema: { properties: { age: { type: 'integer' } } } } })
  expect(judgeOf(plan).judge(past({ a: 1 }))?.violations).toMatchObject([{ rule: 'unplanned_property' }])
})

test('an inferred plan finds nothing in what it was inferred from, but a required property that a few lack', () => {
  // Not __proto__, which no record of zod's holds: a plan cannot name it, and it is unplanned.
  const key = fc.oneof(fc.constantFrom('a', 'b', 'c', 'constructor', 'a.b', ''), fc.string({ maxLength: 3 }))
  const text = fc.oneof(fc.constantFrom('2026-01-02', '2026-01-02T03:04:05Z', 'x'), fc.string())
  const leaf = fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null))
  const payload = fc.dictionary(key, fc.oneof(leaf, fc.array(leaf), fc.dictionary(key, leaf), fc.array(fc.dictionary(key, leaf))))
  fc.assert(
    fc.property(fc.array(payload, { minLength: 1, maxLength: 30 }), fc.constantFrom(0, 3), (payloads, enumUpTo) => {
      const judge = judgeOf(infer(payloads, { requiredFrom: 1, enumUpTo }))
      for (const properties of payloads) expect(judge.judge(past(properties))?.violations ?? []).toEqual([])
    }),
  )
})
