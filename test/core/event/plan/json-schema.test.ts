import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { PlanJudge } from '#core/event/plan/judge.ts'
import { edgePlanSchema } from '#core/event/plan/plan.ts'
import { rootSchema } from '#core/event/plan/json-schema.ts'
import { keywords } from './keywords.ts'

test.each<[object, string, RegExp]>([
  [{ properties: { a: { pattern: '(' } } }, 'properties.a.pattern', /not a regular expression/],
  [{ properties: { pattern: { patternProperties: { '[': {} } } } }, 'properties.pattern.patternProperties', /not a regular expression/],
  [{ properties: { a: { $ref: '#/$defs/a' } } }, 'properties.a.$ref', /there is no #\/\$defs\/a/],
  [{ $ref: '#' }, '$ref', /never end/],
  [{ $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }] }, b: { $ref: '#/$defs/a' } } }, '$defs.a.anyOf.0.$ref', /never end/],
  [{ properties: { a: { $ref: 'https://example.com/x.json' } } }, 'properties.a.$ref', /into the same schema/],
  [{ type: 'text' }, 'type', /./],
  [{ requird: ['a'] }, '', /requird/],
  [{ $schema: 'http://json-schema.org/draft-04/schema#' }, '$schema', /draft 7/],
])('refused: %j', (schema, path, message) => {
  const { error } = rootSchema.safeParse(schema)
  expect(error?.issues[0]?.path.join('.')).toBe(path)
  expect(error?.issues[0]?.message).toMatch(message)
})

test('properties may be called as keywords are', () => {
  const properties = {
    pattern: { type: 'string' },
    $ref: { type: 'string' },
    properties: { properties: { enum: { const: { $ref: '#/no' } } } },
  }
  expect(rootSchema.safeParse({ properties }).success).toBe(true)
})

test('a tree is no circle', () => {
  const schema = { properties: { children: { type: 'array', items: { $ref: '#' } } } }
  expect(rootSchema.safeParse(schema).success).toBe(true)
})

test('whatever is taken for a schema can be judged by', () => {
  const part = fc.letrec<{ schema: object; inner: object }>((tie) => ({
    inner: fc.oneof({ maxDepth: 2, depthIdentifier: 'schema' }, fc.constant({}), tie('schema')),
    schema: keywords(4, {
      type: fc.constantFrom('string', 'object', 'array', 'number'),
      $ref: fc.constantFrom('#', '#/$defs/a', '#/$defs/b', '#/properties/x'),
      $defs: fc.record({ a: tie('inner'), b: tie('inner') }),
      properties: fc.dictionary(fc.constantFrom('x', 'y'), tie('inner')),
      patternProperties: fc.dictionary(fc.constantFrom('^x', '.'), tie('inner')),
      propertyNames: tie('inner'),
      anyOf: fc.array(tie('inner'), { minLength: 1, maxLength: 2 }),
      not: tie('inner'),
      contains: tie('inner'),
      if: tie('inner'),
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: tie('inner'),
      dependentSchemas: fc.dictionary(fc.constantFrom('x', 'y'), tie('inner')),
      unevaluatedProperties: fc.boolean(),
      items: fc.oneof(tie('inner'), fc.array(tie('inner'), { minLength: 1, maxLength: 2 })),
      required: fc.constantFrom(['x'], ['z']),
      minLength: fc.constantFrom(0, 3),
    }),
  })).schema
  const payload = fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.jsonValue({ maxDepth: 3 }))
  let taken = 0
  fc.assert(
    fc.property(part, payload, (schema, properties) => {
      const plan = edgePlanSchema.safeParse({ name: 'p', version: '1', events: { A: { schema } } })
      if (!plan.success) return
      taken++
      const judgement = new PlanJudge(plan.data).judge({ event: { type: 'track', event: 'A', userId: 'u', properties }, context: {} })
      for (const { message } of judgement?.violations ?? []) expect(message).not.toMatch(/too much|undefined/)
    }),
    { numRuns: 2000 },
  )
  expect(taken).toBeGreaterThan(200)
})
