import { binary, compare, contains, equals, isNumber } from './operate.ts'
import { filterNames } from './filter.ts'
import { ExpressionError } from './problem.ts'
import { type Arguments, Callable, Dict, List, Undefined, type Value } from './value.ts'

type Test = (value: Value, argument: Value) => boolean

/** Jinja's built-in tests (documentation, "List of Builtin Tests"). */
const tests: Record<string, Test> = {
  boolean: (value) => typeof value === 'boolean',
  callable: (value) => value instanceof Callable,
  defined: (value) => !(value instanceof Undefined),
  divisibleby: (value, argument) => equals(binary('%', value, argument), 0n),
  eq: equals,
  equalto: equals,
  even: (value) => equals(binary('%', value, 2n), 0n),
  false: (value) => value === false,
  filter: (value) => typeof value === 'string' && filterNames.has(value),
  float: (value) => typeof value === 'number',
  ge: (value, argument) => compare(value, argument) >= 0,
  greaterthan: (value, argument) => compare(value, argument) > 0,
  gt: (value, argument) => compare(value, argument) > 0,
  in: (value, argument) => contains(argument, value),
  integer: (value) => typeof value === 'bigint',
  iterable: (value) => value instanceof List || value instanceof Dict || typeof value === 'string',
  le: (value, argument) => compare(value, argument) <= 0,
  lessthan: (value, argument) => compare(value, argument) < 0,
  lower: (value) => typeof value === 'string' && value !== value.toUpperCase() && value === value.toLowerCase(),
  lt: (value, argument) => compare(value, argument) < 0,
  mapping: (value) => value instanceof Dict,
  ne: (value, argument) => !equals(value, argument),
  none: (value) => value === null,
  number: (value) => isNumber(value),
  odd: (value) => equals(binary('%', value, 2n), 1n),
  sameas: (value, argument) => value === argument,
  sequence: (value) => value instanceof List || value instanceof Dict || typeof value === 'string',
  string: (value) => typeof value === 'string',
  true: (value) => value === true,
  undefined: (value) => value instanceof Undefined,
  upper: (value) => typeof value === 'string' && value !== value.toLowerCase() && value === value.toUpperCase(),
}

export const testNames: ReadonlySet<string> = new Set(Object.keys(tests))

export function applyTest(name: string, value: Value, args: Arguments): boolean {
  if (!Object.hasOwn(tests, name)) throw new ExpressionError('unknown', `there is no test "${name}"`)
  return tests[name]!(value, args.positional[0] ?? null)
}
