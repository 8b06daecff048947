import { describe, expect, test } from 'vitest'
import { literalValue } from '#core/source/declarative/expression/literal.ts'
import { ExpressionError } from '#core/source/declarative/expression/problem.ts'
import { compileTemplate, interpolate, renderTemplate } from '#core/source/declarative/expression/template.ts'
import { represent } from '#core/source/declarative/expression/text.ts'
import { toJson } from '#core/source/declarative/expression/value.ts'
import { context, now } from './expression-cases.ts'
import { accesses } from './expression-table/access.ts'
import { collections } from './expression-table/collection.ts'
import { filters } from './expression-table/filter.ts'
import { literalValues } from './expression-table/literal.ts'
import { operators } from './expression-table/operator.ts'
import { statements } from './expression-table/statement.ts'
import { tests } from './expression-table/test.ts'
import { textMethods } from './expression-table/text-method.ts'
import { times } from './expression-table/time.ts'
import { undefinedValues } from './expression-table/undefined.ts'

const world = { now: () => now, random: Math.random }
const render = (source: string) => renderTemplate(compileTemplate(source), context, world)

function outcome(source: string): string | { kind: 'undefined' | 'fails' } {
  try {
    return render(source)
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError) || thrown.kind === 'limit') throw thrown
    return { kind: thrown.kind === 'undefined' ? 'undefined' : 'fails' }
  }
}

describe.each(Object.entries({ operators, accesses, textMethods, collections, filters, tests, statements, times }))('%s', (_, table) => {
  test.each(table)('%s', (template, text) => {
    expect(render(template)).toBe(text)
  })
})

describe('what is undefined, or cannot be done', () => {
  test.each(undefinedValues)('%s', (template, expected) => {
    expect(outcome(template)).toEqual(expected)
  })
})

describe('what is rendered, and the literal it is', () => {
  test.each(literalValues)('%s', (template, text, representation) => {
    expect(render(template)).toBe(text)
    const literal = text === '' ? undefined : literalValue(text)
    expect(literal === undefined ? undefined : represent(literal)).toBe(representation)
  })
})

describe('what has no form in JSON stays the text that it is rendered as', () => {
  test.each(['{1, 2}', "b'x'", '1+2j', '2j', '...', 'set()'])('%s', (text) => {
    expect(toJson(interpolate(compileTemplate(text), context, world))).toBe(text)
  })
})

/*
 * Where Python raises a TypeError, the CDK takes the text of the template for the value, which is in no case what was meant.
 * Here a value that is missing makes nothing, and anything else is an error.
 */
describe('a value that is missing makes nothing', () => {
  test.each(['abs', 'round', 'tojson', 'string', 'base64encode', 'int', 'float'])('through the filter %s', (name) => {
    expect(toJson(interpolate(compileTemplate(`{{ config.nope | ${name} }}`), context, world))).toBeNull()
  })
})

describe("what Python's types have and is not carried over is refused by name, not taken for something missing", () => {
  test.each<[string, RegExp]>([
    ["{{ 'a'.encode('utf-8') }}", /str\.encode is not supported/],
    ['{{ now_utc().astimezone() }}', /datetime\.astimezone is not supported/],
    ["{{ {'a': 1}.popitem() }}", /dict\.popitem is not supported/],
    ["{{ 'x' | regex_search('(?=x)') }}", /pattern \(\?=x\) is not understood/],
    ["{{ 'x' | regex_search('(') }}", /is not understood/],
  ])('%s', (template, message) => {
    expect(() => render(template)).toThrow(message)
  })
})

const made = (random: () => number) => renderTemplate(compileTemplate('{{ generate_uuid() }}'), context, { now: () => now, random })

test('generate_uuid makes a version 4 UUID of the random numbers it is given', () => {
  expect(made(() => 0)).toBe('00000000-0000-4000-8000-000000000000')
  expect(made(() => 0.999)).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff')
  expect(made(Math.random)).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

test('today_with_timezone is the day there', () => {
  expect(
    render("{{ today_with_timezone('Pacific/Kiritimati') }} {{ today_with_timezone('America/Los_Angeles').strftime('%d.%m.%Y') }}"),
  ).toBe('2026-03-02 01.03.2026')
})
