import { assert, dictionary, jsonValue, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changesBetween, countOutcomes, outcomeOf } from '#core/event/transform-outcome.ts'

const before = { type: 'track', properties: { email: 'a@example.com', lines: [1, 2] } }

describe('what became of an event', () => {
  it.each([
    ['unchanged', [{ ...before }], undefined],
    ['changed', [{ ...before, type: 'page' }], undefined],
    ['split', [before, before], undefined],
    ['dropped', [], undefined],
    ['rejected', [], { reason: 'transform-failed', message: 'no' }],
  ] as const)('%s', (outcome, after, rejected) => {
    const result = { before, after: [...after], rejected }
    expect(outcomeOf(result)).toBe(outcome)
    expect(countOutcomes([result, result])).toMatchObject({ [outcome]: 2 })
  })

  it('names each field that differs, with a value only where there is one', () => {
    const after = { type: 'track', properties: { lines: [2, 1] }, traits: { plan: 'free' } }
    expect(changesBetween(before, after)).toEqual([
      { path: 'properties.email', before: 'a@example.com', after: undefined },
      { path: 'properties.lines', before: [1, 2], after: [2, 1] },
      { path: 'traits', before: undefined, after: { plan: 'free' } },
    ])
  })

  it('finds none between a value and itself, and the one field that was added', () => {
    assert(
      property(dictionary(string(), jsonValue()), (value) => {
        expect(changesBetween(value, structuredClone(value))).toEqual([])
        const { added: _added, ...rest } = value
        expect(changesBetween(rest, { ...rest, added: 1 })).toEqual([{ path: 'added', before: undefined, after: 1 }])
      }),
    )
  })
})
