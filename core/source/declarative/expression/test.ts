import type { Budget } from './budget.ts'
import { filterNames } from './filter/apply.ts'
import { isNumber } from './kind.ts'
import { binary, compare, contains, equals } from './operate.ts'
import { isLower, isUpper } from './method/shape.ts'
import { ExpressionError } from './problem.ts'
import { toText } from './text.ts'
import { type Arguments, Callable, Dict, List, Undefined, type Value } from './value.ts'

type Test = (value: Value, argument: Value, budget: Budget) => boolean

const equal: Test = (value, argument, budget) => equals(value, argument, budget)
const unequal: Test = (value, argument, budget) => !equals(value, argument, budget)
const below: Test = (value, argument, budget) => compare(value, argument, budget) < 0
const notAbove: Test = (value, argument, budget) => compare(value, argument, budget) <= 0
const above: Test = (value, argument, budget) => compare(value, argument, budget) > 0
const notBelow: Test = (value, argument, budget) => compare(value, argument, budget) >= 0
const remains =
  (divisor: bigint, rest: bigint): Test =>
  (value, _, budget) =>
    equals(binary('%', value, divisor, budget), rest, budget)
// Undefined can be gone through, and has no items.
const isSequence: Test = (value) =>
  value instanceof List || value instanceof Dict || typeof value === 'string' || value instanceof Undefined

/** Jinja's built-in tests (documentation, "List of Builtin Tests"). */
const tests: Record<string, Test> = {
  '==': equal,
  '!=': unequal,
  '<': below,
  '<=': notAbove,
  '>': above,
  '>=': notBelow,
  boolean: (value) => typeof value === 'boolean',
  callable: (value) => value instanceof Callable,
  defined: (value) => !(value instanceof Undefined),
  divisibleby: (value, argument, budget) => equals(binary('%', value, argument, budget), 0n, budget),
  eq: equal,
  equalto: equal,
  even: remains(2n, 0n),
  false: (value) => value === false,
  filter: (value) => typeof value === 'string' && filterNames.has(value),
  float: (value) => typeof value === 'number',
  ge: notBelow,
  greaterthan: above,
  gt: above,
  in: (value, argument, budget) => contains(argument, value, budget),
  integer: (value) => typeof value === 'bigint',
  iterable: isSequence,
  le: notAbove,
  lessthan: below,
  lower: (value, _, budget) => isLower(toText(value, budget)),
  lt: below,
  mapping: (value) => value instanceof Dict,
  ne: unequal,
  none: (value) => value === null,
  number: (value) => isNumber(value),
  odd: remains(2n, 1n),
  sameas: (value, argument) => value === argument,
  sequence: isSequence,
  string: (value) => typeof value === 'string',
  test: (value) => typeof value === 'string' && Object.hasOwn(tests, value),
  true: (value) => value === true,
  undefined: (value) => value instanceof Undefined,
  upper: (value, _, budget) => isUpper(toText(value, budget)),
}

/** Those that compare with an argument: without one they would compare with None. */
const comparing = new Set([
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'divisibleby',
  'eq',
  'equalto',
  'ge',
  'greaterthan',
  'gt',
  'in',
  'le',
  'lessthan',
  'lt',
  'ne',
  'sameas',
])

export const testNames: ReadonlySet<string> = new Set(Object.keys(tests))

export function applyTest(name: string, value: Value, args: Arguments, budget: Budget): boolean {
  if (!Object.hasOwn(tests, name)) throw new ExpressionError('unknown', `there is no test "${name}"`)
  const wanted = comparing.has(name) ? 1 : 0
  if (args.positional.length !== wanted || args.named.size > 0) {
    throw new ExpressionError('type', `the test ${name} takes ${wanted === 0 ? 'no arguments' : 'one argument'}`)
  }
  if (typeof value === 'string') budget.spendText(value)
  else budget.spend()
  return tests[name]!(value, args.positional[0] ?? null, budget)
}
