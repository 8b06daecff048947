import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unknownNames } from '#core/source/declarative/expression/inspect.ts'
import { literalValue } from '#core/source/declarative/expression/literal.ts'
import { ExpressionError } from '#core/source/declarative/expression/problem.ts'
import { compileTemplate, interpolate, isConditionTrue, renderTemplate } from '#core/source/declarative/expression/template.ts'
import { represent } from '#core/source/declarative/expression/text.ts'
import { toJson } from '#core/source/declarative/expression/value.ts'
import { context, literals, now, rendered } from './expression-cases.ts'

const world = { now: () => now, random: Math.random }

const render = (source: string, names: Record<string, unknown> = context) => renderTemplate(compileTemplate(source), names, world)
const value = (source: string, names: Record<string, unknown> = context) => interpolate(compileTemplate(source), names, world)
const condition = (source: string) => isConditionTrue(compileTemplate(source), context, world)

function problem(source: string, names: Record<string, unknown> = context): ExpressionError['kind'] | 'none' {
  try {
    render(source, names)
    return 'none'
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return thrown.kind
    throw thrown
  }
}

describe('a template renders as Jinja renders it', () => {
  test.each(rendered)('%s', (template, text) => {
    expect(render(template)).toBe(text)
  })
})

describe('a text is the Python literal it spells, or none', () => {
  test.each(literals)('%j', (text, representation) => {
    const literal = literalValue(text)
    expect(literal === undefined ? undefined : represent(literal)).toBe(representation)
  })
})

describe("an interpolated value is what the CDK's literal evaluation makes of it", () => {
  test.each<[string, unknown]>([
    ['{{ 1 + 1 }}', 2],
    ["{{ '7' }}", 7],
    ['{{ record.code }}', '007'],
    ['{{ config.start_date }}', '2024-01-31T00:00:00Z'],
    ['{{ config.ids }}', [3, 1, 2]],
    ["{{ {'a': 1} }}", { a: 1 }],
    ["{{ {'a': 1} | string }}", '{"a": 1}'],
    ['{{ config.missing }}', null],
    ['{{ config.missing.deeper }}', null],
    ['{{ none }}', null],
    ["{{ 'None' }}", null],
    ['{{ true }}', true],
    ["{{ 'true' }}", 'true'],
    ['{{ 9007199254740993 }}', '9007199254740993'],
    ['{{ 1.0 }}', 1],
    ['{{ now_utc() }}', '2026-03-01 12:30:45.123000+00:00'],
    ['{{ day_delta(0, "%Y") }}-x', '2026-x'],
    ['a{{ 1 }}', 'a1'],
  ])('%s', (template, expected) => {
    expect(toJson(value(template))).toEqual(expected)
  })
})

describe("a condition is true or false as the CDK's InterpolatedBoolean has it", () => {
  test.each<[string, boolean]>([
    ['{{ true }}', true],
    ['{{ 0 }}', false],
    ['{{ [] }}', false],
    ['{{ {} }}', false],
    ["{{ 'false' }}", false],
    ["{{ '0.0' }}", false],
    ["{{ 'no' }}", true],
    ['{{ response.meta.next }}', true],
    ['{{ response.meta.nothing }}', false],
    ['{{ response.nothing.deeper }}', false],
    ['{{ response.meta.has_more == false }}', true],
    ["{{ not response.get('next') }}", true],
    ['', false],
    ['anything', true],
  ])('%s → %s', (template, expected) => {
    expect(condition(template)).toBe(expected)
  })
})

describe('a manifest cannot reach', () => {
  test.each([
    "{{ ''.constructor }}",
    "{{ ''['constructor'] }}",
    '{{ config.constructor }}',
    "{{ config['__proto__'] }}",
    '{{ config.__proto__ }}',
    '{{ config.hasOwnProperty }}',
    '{{ config.toString }}',
    "{{ ''.__class__ }}",
    '{{ [].__class__ }}',
    '{{ config.ids.map }}',
    '{{ config.ids.length }}',
    '{{ now_utc.constructor }}',
    '{{ now_utc().micros }}',
    "{{ config.get('constructor') | default('', true) }}",
    "{{ {}['constructor'] }}",
    "{{ config.ids | map(attribute='constructor') | join }}",
  ])('JavaScript through %s', (template) => {
    expect(render(template)).toBe('')
  })

  test.each<[string, ExpressionError['kind']]>([
    ['{{ constructor }}', 'none' as ExpressionError['kind']],
    ["{{ ''.constructor.constructor('return 1')() }}", 'undefined'],
    ['{{ range(10) }}', 'undefined'],
    ['{{ globalThis.process }}', 'undefined'],
    ['{{ cycler.__init__ }}', 'undefined'],
    ['{{ 1 | constructor }}', 'unknown'],
    ['{{ 1 is constructor }}', 'unknown'],
    ['{% include "x" %}', 'unknown'],
    ['{% macro x() %}{% endmacro %}', 'unknown'],
    ["{{ '{0.__class__}'.format(1) }}", 'type'],
  ])('beyond its names: %s', (template, kind) => {
    expect(problem(template)).toBe(kind)
  })

  test('own keys that are named like parts of JavaScript are keys', () => {
    const record = JSON.parse('{"__proto__": 1, "constructor": {"name": "x"}}') as unknown
    expect(render("{{ record['__proto__'] }} {{ record.constructor.name }} {{ record }}", { record })).toBe(
      "1 x {'__proto__': 1, 'constructor': {'name': 'x'}}",
    )
  })
})

describe('a manifest cannot hang or fill the host', () => {
  test.each<[string, ExpressionError['kind']]>([
    ['{{ 9 ** (9 ** 9) }}', 'limit'],
    ["{{ 'x' * 1000000000 }}", 'limit'],
    ['{{ [0] * 1000000000 }}', 'limit'],
    [`${"{% for a in 'x' * 1000 %}".repeat(4)}y${'{% endfor %}'.repeat(4)}`, 'limit'],
    [`{% set s = 'x' * 100000 %}${'{% set s = s ~ s %}'.repeat(10)}{{ s }}{{ s }}`, 'limit'],
    [`{{ ${'('.repeat(500)}1${')'.repeat(500)} }}`, 'limit'],
    [`{{ ${'-'.repeat(500)}1 }}`, 'limit'],
    [`{{ ${'['.repeat(500)}${']'.repeat(500)} }}`, 'limit'],
    [`{% if true %}`.repeat(100) + '{% endif %}'.repeat(100), 'limit'],
    ["{{ '5'.zfill(100000000) }}", 'limit'],
  ])('%.60s…', (template, kind) => {
    expect(problem(template)).toBe(kind)
  })
})

describe('what is no expression is refused when it is read', () => {
  test.each([
    '{{',
    '{{ }}',
    '{{ 1 + }}',
    '{% if %}x{% endif %}',
    '{% if 1 %}',
    '{% endif %}',
    '{{ a b }}',
    "{{ 'x }}",
    '{{ 1) }}',
    '{{ f(a=1, 2) }}',
    '{# x',
    '{% raw %}x',
    '{{ x[] }}',
    '{{ $ }}',
  ])('%s', (source) => {
    expect(['syntax', 'unknown']).toContain(problem(source))
  })

  test('and no text at all makes it fail in another way, or run on', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '{{',
        '}}',
        '{%',
        '%}',
        'if ',
        'for x in ',
        'set x=',
        'endif',
        'endfor',
        '(',
        ')',
        '[',
        ']',
        '|',
        '.',
        'config',
        'int',
        "'",
        '"',
        '1',
        '-',
        '~',
        ' in ',
        ':',
        '{#',
        '#}',
        'raw',
        'endraw',
        ',',
      ),
      fc.string({ maxLength: 4 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        problem(pieces.join(''))
      }),
      { numRuns: 2000 },
    )
  })
})

test('any JSON survives the way into an expression, out as a text, and back as a literal', () => {
  const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }))
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      number,
      fc.string({ unit: 'grapheme' }),
      fc.array(tie('tree')),
      fc.dictionary(fc.string(), tie('tree')),
    ),
  }))
  fc.assert(
    fc.property(fc.array(tree), (json) => {
      const normal = JSON.parse(JSON.stringify({ json })) as { json: unknown }
      expect(JSON.parse(JSON.stringify(toJson(value('{{ json }}', normal))))).toEqual(normal.json)
    }),
  )
})

test('names that do not exist are found without running', () => {
  const known = new Set(['config'])
  const found = (source: string) => unknownNames(compileTemplate(source).statements, known)
  expect(found('{{ foo(config.x) | bar(baz) }} {% for i in config.l if i is qux %}{{ i ~ loop.index ~ now_utc() }}{% endfor %}')).toEqual([
    'the filter "bar"',
    'the function "foo"',
    'the variable "baz"',
    'the test "qux"',
  ])
  expect(found('{% set a = 1 %}{{ a + 1 if config.b is defined else max(1, 2) }}')).toEqual([])
})
