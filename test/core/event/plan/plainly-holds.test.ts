import { Validator } from '@cfworker/json-schema'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparable } from '#core/event/plan/comparable.ts'
import { rootSchema } from '#core/event/plan/json-schema.ts'
import { plainlyHolds } from '#core/event/plan/plainly-holds.ts'
import { keywords } from './keywords.ts'

const name = fc.constantFrom('a', 'b', '__proto__', 'constructor')
const scalar = fc.oneof(fc.constantFrom('', 'x', 'xy', '😀', '2026-01-02', 0, 1, 2.5, -3, true, false, null))
const count = fc.integer({ min: 0, max: 3 })
const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'array', 'object', 'null')

/** A few keywords at a time: with more, next to nothing is valid. */
const { schema } = fc.letrec<{ schema: object; inner: object | boolean }>((tie) => ({
  inner: fc.oneof({ maxDepth: 2, depthIdentifier: 'schema' }, fc.boolean(), tie('schema')),
  schema: keywords(3, {
    type: fc.oneof(type, fc.array(type, { minLength: 1, maxLength: 3 })),
    enum: fc.array(scalar, { minLength: 1, maxLength: 4 }),
    const: scalar,
    properties: fc.dictionary(name, tie('inner'), { maxKeys: 3 }),
    required: fc.array(name, { maxLength: 2 }),
    additionalProperties: tie('inner'),
    items: tie('inner'),
    minItems: count,
    maxItems: count,
    minimum: count,
    exclusiveMaximum: count,
    minLength: count,
    maxLength: count,
    pattern: fc.constantFrom('^x', '.', '^\\p{L}$'),
    format: fc.constantFrom('date', 'email'),
    anyOf: fc.array(tie('inner'), { minLength: 1, maxLength: 2 }),
    allOf: fc.array(tie('inner'), { minLength: 1, maxLength: 2 }),
    oneOf: fc.array(tie('inner'), { minLength: 1, maxLength: 2 }),
    maxProperties: count,
  }),
}))
const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.dictionary(name, fc.oneof(scalar, fc.dictionary(name, scalar), fc.array(scalar))))

const valid = (own: object, payload: unknown) => new Validator(structuredClone(own), '2020-12').validate(payload).valid

test('what plainly holds, the validator finds valid', () => {
  let held = 0
  fc.assert(
    fc.property(schema, value, (own, payload) => {
      if (plainlyHolds(own as Record<string, unknown>)?.(payload) !== true) return
      held++
      expect(valid(own, comparable(payload))).toBe(true)
    }),
    { numRuns: 3000 },
  )
  expect(held).toBeGreaterThan(100)
})

test('what is valid plainly holds, in a schema without keywords of the validator alone', () => {
  const own = {
    $defs: {
      tree: { type: 'object', properties: { value: { type: 'number' }, left: { $ref: '#/$defs/tree' } }, additionalProperties: false },
    },
    required: ['a'],
    properties: {
      a: { type: 'string', minLength: 1 },
      tree: { $ref: '#/$defs/tree' },
      list: { items: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    },
  }
  const holds = plainlyHolds(own)!
  for (const payload of [
    { a: 'x' },
    { a: '😀', tree: { value: 1, left: { left: { value: 2 } } }, list: ['x', null], more: null },
    { a: 1 },
    { a: null },
    { a: 'x', tree: { left: { right: 1 } } },
    { a: 'x', list: [1] },
    {},
  ])
    expect([payload, holds(payload)]).toEqual([payload, valid(own, comparable(payload))])
})

test('a keyword of the validator alone is left to it', () => {
  for (const own of [{ oneOf: [{ type: 'string' }] }, { properties: { a: { contains: {} } } }, { not: {} }, { enum: [{}] }]) {
    expect(rootSchema.safeParse(own).success).toBe(true)
    expect(plainlyHolds(own)).toBeUndefined()
  }
})
