import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '#core/event/parse.ts'
import { PlanJudge } from '#core/event/plan/judge.ts'
import { type EdgePlan, edgePlanSchema } from '#core/event/plan/plan.ts'
import type { Event } from '#core/event/schema.ts'

type PlanInput = Omit<Parameters<typeof edgePlanSchema.parse>[0] & object, never>

const schema = {
  type: 'object',
  required: ['orderId', 'total'],
  properties: {
    orderId: { type: 'string', minLength: 2 },
    total: { type: 'number', minimum: 0 },
    currency: { enum: ['EUR', 'USD'] },
    paidAt: { type: 'string', format: 'date-time' },
    customer: { type: 'object', required: ['id'], properties: { id: { type: ['string', 'integer'] }, city: { type: 'string' } } },
    products: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string', pattern: '^[a-z]+$' } } } },
    tags: { type: 'array', items: { type: 'string' } },
    free: { type: 'object' },
  },
}

function planOf(input: object): EdgePlan {
  return edgePlanSchema.parse({ name: 'web', version: 'v1', ...input } as PlanInput)
}

const orders = (rules: object = {}, own: object = schema) => new PlanJudge(planOf({ rules, events: { Order: { schema: own } } }))
const track = (properties: object | undefined, event = 'Order') => ({
  event: { type: 'track', event, userId: 'u', properties } as Event,
  context: {},
})
const sound = { orderId: 'o1', total: 5 }
const verdict = (judge: PlanJudge, properties: object | undefined) =>
  judge.judge(track(properties))?.violations.map(({ rule, path, message }) => [rule, path, message]) ?? []

describe('a rule names what is wrong, and where', () => {
  test.each<[object | undefined, unknown[]]>([
    [sound, []],
    [{ ...sound, customer: { id: 7 }, products: [{ sku: 'a' }], free: { any: 1 }, paidAt: '2026-01-02T03:04:05Z' }, []],
    [{ orderId: 'o1' }, [['required_missing', 'properties.total', 'properties.total is required.']]],
    [{ orderId: 'o1', total: null }, [['required_missing', 'properties.total', 'properties.total is required.']]],
    [
      undefined,
      [
        ['required_missing', 'properties.orderId', 'properties.orderId is required.'],
        ['required_missing', 'properties.total', 'properties.total is required.'],
      ],
    ],
    [{ ...sound, total: 'x' }, [['datatype_mismatch', 'properties.total', 'properties.total must be number, not string.']]],
    [{ ...sound, total: -1 }, [['invalid_value', 'properties.total', 'properties.total must be at least 0.']]],
    [{ ...sound, currency: 'GBP' }, [['invalid_value', 'properties.currency', 'properties.currency must be one of "EUR", "USD".']]],
    [{ ...sound, paidAt: 'soon' }, [['invalid_value', 'properties.paidAt', 'properties.paidAt must have the format date-time.']]],
    [{ ...sound, color: 'red' }, [['unplanned_property', 'properties.color', 'properties.color is not in the plan.']]],
    [{ ...sound, 'a/b~c%d#.é': 1 }, [['unplanned_property', 'properties.a/b~c%d#.é', 'properties.a/b~c%d#.é is not in the plan.']]],
    [
      { ...sound, customer: { id: 'c', mail: 'a@b.c' } },
      [['unplanned_property', 'properties.customer.mail', 'properties.customer.mail is not in the plan.']],
    ],
    [{ ...sound, customer: {} }, [['required_missing', 'properties.customer.id', 'properties.customer.id is required.']]],
    [
      { ...sound, products: [{ sku: 'a' }, { sku: 'B' }] },
      [['invalid_value', 'properties.products.1.sku', 'properties.products.1.sku must match "^[a-z]+$".']],
    ],
    [{ ...sound, tags: ['a', 1] }, [['datatype_mismatch', 'properties.tags.1', 'properties.tags.1 must be string, not number.']]],
    // A wrong type breaks the other keywords too; it is told once.
    [{ total: 1, orderId: [] }, [['datatype_mismatch', 'properties.orderId', 'properties.orderId must be string, not array.']]],
  ])('%j', (properties, violations) => {
    expect(verdict(orders(), properties)).toEqual(violations)
  })

  test('of composed schemas the whole is told, not its branches', () => {
    const one = { properties: { id: { anyOf: [{ type: 'string', minLength: 3 }, { type: 'integer' }, false] }, n: { not: { const: 1 } } } }
    expect(verdict(orders({}, one), { id: true, n: 1, more: 1 })).toEqual([
      ['invalid_value', 'properties.id', 'properties.id does not satisfy anyOf.'],
      ['invalid_value', 'properties.n', 'properties.n does not satisfy not.'],
      ['unplanned_property', 'properties.more', 'properties.more is not in the plan.'],
    ])
  })

  test('references, patterns of names and dependencies', () => {
    const own = {
      $defs: { money: { type: 'object', properties: { amount: { type: 'number', maximum: 9 } } } },
      properties: { price: { $ref: '#/$defs/money' }, a: {}, b: {}, names: { propertyNames: { pattern: '^x' } } },
      dependentRequired: { a: ['b'] },
    }
    expect(verdict(orders({}, own), { price: { amount: 10 }, a: 1, names: { x1: 1, y1: 1 } })).toEqual([
      ['required_missing', 'properties', 'properties lacks a property that another one requires.'],
      ['invalid_value', 'properties.price.amount', 'properties.price.amount must be at most 9.'],
      ['unplanned_property', 'properties.names.y1', 'properties.names.y1 has a name that the plan does not allow.'],
    ])
  })

  test('a large number is a number', () => {
    const parsed = parseJson('{"orderId":"o1","total":12345678901234567890}')
    expect(verdict(orders(), parsed.ok ? (parsed.value as object) : {})).toEqual([])
  })

  test('an object that says additionalProperties is open or closed as it says', () => {
    const open = { ...schema, additionalProperties: true }
    expect(verdict(orders({}, open), { ...sound, color: 'red' })).toEqual([])
    expect(verdict(orders({ unplanned_property: 'allow' }), { ...sound, color: 'red', customer: { id: 1, x: 1 } })).toEqual([])
  })
})

describe('what is checked', () => {
  const judge = new PlanJudge(
    planOf({
      events: { Known: {} },
      identify: { schema: { properties: { plan: { type: 'string' } } } },
      page: { schema: { required: ['title'] } },
    }),
  )
  const rules = (event: object, context: object = {}) =>
    judge.judge({ event: { userId: 'u', ...event } as Event, context: context as never })?.violations.map(({ rule, path }) => [rule, path])

  test.each<[object, object, unknown]>([
    [{ type: 'track', event: 'Known', properties: { any: 1 } }, {}, undefined],
    [{ type: 'track', event: 'known' }, {}, [['unplanned_event', 'event']]],
    [{ type: 'identify', traits: { plan: 1 } }, {}, [['datatype_mismatch', 'traits.plan']]],
    [{ type: 'identify' }, { traits: { plan: 1 } }, [['datatype_mismatch', 'context.traits.plan']]],
    [{ type: 'identify' }, {}, undefined],
    [{ type: 'page', name: 'Home' }, {}, [['required_missing', 'properties.title']]],
    [{ type: 'screen' }, {}, undefined],
    [{ type: 'group', groupId: 'g', traits: { a: 1 } }, {}, undefined],
    [{ type: 'alias', previousId: 'p' }, {}, undefined],
  ])('%j', (event, context, expected) => {
    expect(rules(event, context)).toEqual(expected)
  })
})

const every = (action: string) => ({ unplanned_property: action, datatype_mismatch: action, invalid_value: action })

describe('an action', () => {
  const wrong = { ...sound, total: 'x', color: 'red', customer: { id: 'c', mail: 'a@b.c' }, products: [{ sku: 'A', n: 1 }], tags: ['a', 1] }

  test('allow does nothing', () => {
    expect(orders(every('allow')).judge(track(wrong))).toBeUndefined()
  })

  test('flag keeps the event as it is', () => {
    const event = track(wrong)
    const judgement = orders(every('flag')).judge(event)!
    expect(judgement.event).toBe(event)
    expect(judgement.rejected).toBeUndefined()
    expect(judgement.violations.map(({ action }) => action)).toEqual(Array(6).fill('flag'))
  })

  test('drop_property keeps it without what is wrong; an item that is wrong takes its list along', () => {
    const event = track(wrong)
    const before = structuredClone(event)
    const judgement = orders(every('drop_property')).judge(event)!
    expect(judgement.event.event).toMatchObject({
      properties: { orderId: 'o1', customer: { id: 'c' }, products: [{}] },
    })
    expect(Object.keys((judgement.event.event as { properties: object }).properties)).toEqual(['orderId', 'customer', 'products'])
    expect(event).toEqual(before)
    expect(JSON.stringify(judgement.violations)).not.toMatch(/red|a@b\.c/)
  })

  test('drop_property takes traits out of the context, where RudderStack sends them', () => {
    const judge = new PlanJudge(planOf({ rules: every('drop_property'), identify: { schema: { properties: { a: { type: 'string' } } } } }))
    const event = { event: { type: 'identify', userId: 'u' } as Event, context: { ip: '::1', traits: { a: 'x', b: 1 } } }
    expect(judge.judge(event)!.event.context).toEqual({ ip: '::1', traits: { a: 'x' } })
  })

  test('drop_property is a flag where the properties as a whole are wrong', () => {
    const judgement = orders(every('drop_property'), { maxProperties: 1 }).judge(track(sound))!
    expect(judgement.violations).toMatchObject([{ rule: 'invalid_value', path: 'properties', action: 'flag' }])
    expect((judgement.event.event as { properties: object }).properties).toEqual(sound)
  })

  test('reject names the first rule that rejects, and keeps the rest on record', () => {
    const judgement = orders({ datatype_mismatch: 'reject' }).judge(track({ ...wrong, orderId: 'o' }))!
    expect(judgement.rejected).toMatchObject({ rule: 'datatype_mismatch', path: 'properties.total' })
    expect(judgement.violations.length).toBeGreaterThan(4)
  })

  test('rules of an event come before those of the plan', () => {
    const plan = planOf({ rules: { unplanned_property: 'reject' }, events: { Order: { rules: { unplanned_property: 'allow' }, schema } } })
    expect(new PlanJudge(plan).judge(track({ ...sound, more: 1 }))).toBeUndefined()
  })

  test('hundreds of violations are twenty on record, and all are dropped', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index]))
    const judgement = orders({ unplanned_property: 'drop_property', required_missing: 'reject' }).judge(track({ ...many, total: 1 }))!
    expect(judgement.violations.length).toBeLessThanOrEqual(21)
    expect(judgement.rejected?.path).toBe('properties.orderId')
    expect((judgement.event.event as { properties: object }).properties).toEqual({ total: 1 })
  })
})

describe('whatever is sent', () => {
  const anything = fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), fc.jsonValue({ maxDepth: 4 }))
  const nearly = fc.record(
    {
      orderId: fc.jsonValue({ maxDepth: 1 }),
      total: fc.jsonValue({ maxDepth: 1 }),
      currency: fc.constantFrom('EUR', 'GBP', 1),
      customer: anything,
      products: fc.array(fc.oneof(anything, fc.record({ sku: fc.string() }))),
      tags: fc.array(fc.jsonValue({ maxDepth: 1 })),
    },
    { requiredKeys: [] },
  )
  const payload = fc.oneof(
    anything,
    nearly,
    fc.tuple(anything, nearly).map(([a, b]) => ({ ...a, ...b })),
  )
  const dropping = orders({ unplanned_property: 'drop_property', datatype_mismatch: 'drop_property', invalid_value: 'drop_property' })

  test('a verdict never throws and never changes the event', () => {
    const flagging = orders()
    fc.assert(
      fc.property(payload, (properties) => {
        const event = track(properties)
        const text = JSON.stringify(event)
        const judgement = flagging.judge(event)
        expect(JSON.stringify(event)).toBe(text)
        if (judgement !== undefined) expect(judgement.event).toBe(event)
      }),
    )
  })

  test('what is dropped leaves the rest equal, and a second look finds nothing more to drop', () => {
    fc.assert(
      fc.property(payload, (properties) => {
        const kept = dropping.judge(track(properties))?.event ?? track(properties)
        const rest = (kept.event as { properties: Record<string, unknown> }).properties
        expect(isPart(rest, JSON.parse(JSON.stringify(properties).replaceAll(/\\ud[89a-f]../g, '\\ufffd')))).toBe(true)
        const again = dropping.judge(kept)?.violations ?? []
        expect(again.filter(({ rule }) => rule !== 'required_missing')).toEqual([])
      }),
    )
  })
})

/** Whether `rest` is `whole` with properties left out, and nothing else. */
function isPart(rest: unknown, whole: unknown): boolean {
  if (typeof rest !== 'object' || rest === null) return Object.is(rest, whole)
  if (typeof whole !== 'object' || whole === null || Array.isArray(rest) !== Array.isArray(whole)) return false
  if (Array.isArray(rest))
    return rest.length === (whole as unknown[]).length && rest.every((item, index) => isPart(item, (whole as unknown[])[index]))
  return Object.entries(rest).every(([key, value]) => Object.hasOwn(whole, key) && isPart(value, (whole as Record<string, unknown>)[key]))
}
