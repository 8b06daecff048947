import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { literalValue } from '#core/source/declarative/expression/literal.ts'
import { ExpressionError } from '#core/source/declarative/expression/problem.ts'
import { compileTemplate, renderTemplate } from '#core/source/declarative/expression/template.ts'
import { context, now } from './expression-cases.ts'

/*
 * A manifest is somebody else's. Whatever it says, it reaches no object of JavaScript, ends soon, and takes little memory: its
 * outcome is a value or an ExpressionError. One that ran for long would run into the limit that tests have.
 */

const world = { now: () => now, random: Math.random }

/** The text it renders, or the kind of its error. Anything else that is thrown fails the test. */
function outcome(source: string): string {
  try {
    const text = renderTemplate(compileTemplate(source), context, world)
    literalValue(text)
    return text
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return `! ${thrown.kind}`
    throw thrown
  }
}

const values = [
  "'text'",
  '1',
  '1.5',
  'true',
  'none',
  '[1]',
  '(1, 2)',
  "{'a': 1}",
  'now_utc()',
  'today_utc()',
  "duration('P1D')",
  'config',
  'now_utc',
  "'a'.upper",
  'nope',
  'dict',
  'namespace(a=1)',
]
const prototypes = [Object, Function, Array, String, Number, BigInt, Boolean, Symbol, Map, Set, Date, RegExp, Promise, Error].flatMap(
  (type) => [...Object.getOwnPropertyNames(type), ...Object.getOwnPropertyNames(type.prototype)],
)
const ours = [
  'items',
  'own',
  'json',
  'tuple',
  'micros',
  'offset',
  'months',
  'days',
  'what',
  'call',
  'call.call',
  'fields',
  'materialize',
  'budget',
  'callee',
  'evaluate',
]
const pythons = [
  '__class__',
  '__mro__',
  '__subclasses__',
  '__globals__',
  '__init__',
  '__builtins__',
  '__import__',
  '__dict__',
  '__getattribute__',
  'func_globals',
  'gi_frame',
  '_partition',
]
const names = [...new Set([...prototypes, ...ours, ...pythons])].filter((name) => /^[\w$.]+$/.test(name))

const ways = (value: string, name: string) => [
  `{{ ${value}['${name}'] }}`,
  ...(/^[A-Za-z_]\w*$/.test(name)
    ? [`{{ ${value}.${name} }}`, `{{ '{0.${name}}'.format(${value}) }}`, `{{ [${value}] | map(attribute='${name}') | list }}`]
    : []),
  `{{ ${value} | attr('${name}') }}`,
  `{{ '{0[${name}]}'.format(${value}) }}`,
  `{{ [${value}] | selectattr('${name}') | map(attribute='${name}') | first }}`,
  `{{ ${value} | ${name} }}`,
  `{{ ${value} is ${name} }}`,
  `{{ ${name} }}`,
  `{{ '%(${name})s' % ${value} }}`,
]

describe('no expression reaches an object of JavaScript', () => {
  // What may be seen: nothing, an error, a plain value, or a method of Python's by its name.
  const foreign = /\[object|native code|=>|class |Symbol\(|prototype|\[Function|anonymous/

  test.each(values)('of %s by any name', (value) => {
    for (const name of names) {
      for (const source of ways(value, name)) {
        const text = outcome(source)
        expect(`${source} ${text.replaceAll(name, '')}`.replaceAll(source, '')).not.toMatch(foreign)
        expect(text).not.toMatch(/^function|\{ \[native/)
      }
    }
  })

  test('nor calls one', () => {
    const chain = fc.array(fc.constantFrom(...names, 'constructor', 'prototype', 'call', 'apply', 'bind'), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...values), chain, (value, steps) => {
        const reached = steps.map((step) => `['${step}']`).join('')
        const text = outcome(`{{ ${value}${reached}('return process')() }}`)
        expect(text).not.toMatch(foreign)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('no template runs for long or fills the memory', () => {
  const text = "{% set x = 'x' * 1000000 %}"
  const near = "{% set a = 'x' * 900000 ~ 'a' %}{% set b = 'x' * 900000 ~ 'b' %}"
  const doubled =
    "{% set ns = namespace(a=[0], b=[0], t=(0,)) %}{% for i in 'x' * 60 %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}"
  const many = "{% for i in 'x' * 90000 %}"
  test.each<[what: string, template: string]>([
    ['what holds itself twice is printed', '{% set l = [] %}{% set _ = l.append(l) %}{% set _ = l.append(l) %}{{ l }}'],
    ['doubled 60 times, printed', `${doubled}{{ ns.a }}`],
    ['doubled 60 times, as JSON', `${doubled}{{ ns.a | tojson }}`],
    ['doubled 60 times, compared', `${doubled}{{ ns.a == ns.b }}`],
    ['doubled 60 times, ordered', `${doubled}{{ ns.a < ns.b }}`],
    ['doubled 60 times, as a key', `${doubled}{{ {ns.t: 1} }}`],
    [
      'nested 5000 deep, compared',
      "{% set ns = namespace(a=[]) %}{% for i in 'x' * 5000 %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a == [ns.a] }}",
    ],
    ['a million characters, joined 100,000 times', `${text}{{ ([x] * 100000) | join }}`],
    ['every character replaced by a million', `${text}{{ x | replace('x', x) }}`],
    ['a million characters, formatted', `${text}{{ '{0}{0}{0}'.format(x) }}`],
    ['a million characters, chained', `${text}{{ ${'x ~ '.repeat(1500)} x }}`],
    ['comments that do not end', "{{ ('<!--' * 250000) | striptags }}"],
    ['digits that are no number', "{{ ('1' * 900000 ~ 'x') | float }}"],
    ['texts that are nearly the same, sorted', `${near}{{ ([a, b] * 50000) | sort | first | length }}`],
    ['texts that are nearly the same, looked for', `${near}{{ a in ([b] * 100000) }}`],
    ['long texts, told apart', `${near}{{ ([a, b] * 50000) | unique | list | length }}`],
    ['long texts, tested', `${near}{{ ([a] * 100000) | select('upper') | list | length }}`],
    ['long texts, changed', `${near}{{ ([a] * 100000) | map('upper') | list | length }}`],
    ['a pattern that a backtracking engine would never finish', "{{ ('a' * 100000) | regex_search('((a+)+)+$b') }}"],
    ['a pattern that grows by repetition', "{{ 'a' | regex_search('((((a{100}){100}){100}){100})') }}"],
    ['a very wide field', "{{ '{:>99999999}'.format(1) }}"],
    ['a very precise number', "{{ '{:.9999f}'.format(1.5) }} {{ 1.5 | round(99999999) }}"],
    ['very many slices', `${text}{{ x | slice(1000000000) | list | length }}`],
    ['a very long filling', "{{ [1] | batch(1000000000, 'x') | list }}"],
    ['loops in loops', `${many}${many}${many}y{% endfor %}{% endfor %}{% endfor %}`],
    ['a long text taken apart again and again', `${text}${many}{{ x[0] }}{% endfor %}`],
    ['a long text compared again and again', `${text}${many}{% set y = x == x ~ '' %}{% endfor %}`],
    ['a long key again and again', `${text}${many}{% set _ = {x: 1}.get(x) %}{% endfor %}`],
    ['squares of squares', "{% set ns = namespace(x=2) %}{% for i in 'x' * 100 %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}"],
    ['towers of powers', '{{ 9 ** 9 ** 9 ** 9 }} {{ 2 ** 99999999999 }}'],
    [
      'times out of range',
      "{{ now_utc() + duration('P999999999999Y') }} {{ day_delta(99999999999) }} {{ now_utc().replace(year=99999999) }}",
    ],
    ['a time of very many digits', "{{ timestamp('9' * 100000) }} {{ format_datetime('9' * 1000000, '%s') }}"],
    ['operators in a row', `{{ ${'1 + '.repeat(30000)}1 }}`],
    ['filters in a row', `{{ 'a'${'|upper'.repeat(15000)} }}`],
    ['names in a row', `{{ a${'.b'.repeat(40000)} }}`],
    ['calls in a row', `{{ a${'()'.repeat(30000)} }}`],
    ['not in a row', `{{ ${'not '.repeat(20000)}1 }}`],
    ['blocks in blocks', '{% filter upper %}'.repeat(5000)],
    ['brackets that do not close', `{% for ${'('.repeat(10000)}a`],
    ['a literal nested deep', "{{ '[' * 100000 }}"],
    ['a literal of many items', "{{ '9,' * 100000 }}"],
    ['a literal of many signs', "{{ '- ' * 300000 }}"],
    ['a literal of many quotes', '{{ \'"a" \' * 200000 }}'],
  ])('%s', (_, template) => {
    expect(outcome(template)).toEqual(expect.any(String))
  })

  test('whatever is put together of large and small values and all that can be done with them', () => {
    const value = fc.constantFrom(
      "'x' * 1000000",
      "'ab ' * 300000",
      '[1] * 200000',
      "[['x' * 90000] * 3] * 1000",
      "{'a': 'x' * 900000}",
      'ns.a',
      'ns.t',
      '9 ** 999',
      '1e308',
      'config',
      'response',
      'now_utc()',
      "duration('P99999D')",
      'nope',
    )
    const step = fc.constantFrom(
      '| sort',
      '| unique | list',
      "| join('x' * 1000)",
      "| replace('x', 'y' * 1000)",
      '| tojson',
      '| string',
      '| hash',
      '| urlencode',
      '| upper | lower',
      '| title',
      '| striptags',
      '| e',
      '| reverse | list',
      '| list',
      '| batch(3) | list',
      '| slice(1000) | list',
      '| first',
      '| last',
      '| length',
      '| sum',
      '| max',
      "| map('string') | list",
      "| select('eq', 1) | list",
      "| regex_search('(x+x+)+y')",
      '| indent(1000, true)',
      '| wordcount',
      '| base64encode',
      '| int',
      '| float',
      '| round(50)',
      '.split()',
      ".split('x')",
      '.splitlines()',
      '.title()',
      '.center(9999)',
      '* 1000',
      '+ 1',
      '~ ns.a',
      '[::-1]',
      '[1:]',
      '.items()',
      '.append(1)',
      '.strftime("%c" * 1000)',
      '% 7',
      'in ns.a',
      '== ns.t',
      '< ns.a',
    )
    const program = fc.tuple(value, fc.array(step, { maxLength: 5 }), fc.boolean()).map(([start, steps, isLooped]) => {
      const expression = steps.reduce((text, next) => `(${text}${/^[.[]/.test(next) ? '' : ' '}${next})`, `(${start})`)
      return `${doubled}${isLooped ? `{% for i in 'x' * 100 %}{% set y = ${expression} %}{% endfor %}` : ''}{{ ${expression} }}`
    })
    fc.assert(
      fc.property(program, (source) => {
        expect(outcome(source)).toEqual(expect.any(String))
      }),
      { numRuns: 60 },
    )
  })
})
