import type { ArgumentReader } from '../argument.ts'
import type { Budget } from '../budget.ts'
import { refuseUndefined } from '../kind.ts'
import { ExpressionError } from '../problem.ts'
import { type Arguments, typeName, type Value } from '../value.ts'

/** What a filter may use of the evaluator: other filters and tests (`map`, `select`), items and attributes, and its budget. */
export interface FilterContext {
  budget: Budget
  filter(name: string, value: Value, args: Arguments): Value
  test(name: string, value: Value, args: Arguments): boolean
  item(value: Value, key: Value): Value
  attribute(value: Value, name: string): Value
}

export type Filter = (value: Value, args: ArgumentReader, context: FilterContext) => Value

export function mismatch(name: string, value: Value): never {
  refuseUndefined(value)
  throw new ExpressionError('type', `the filter ${name} does not go with ${typeName(value)}`)
}

export function wantText(name: string, value: Value): string {
  return typeof value === 'string' ? value : mismatch(name, value)
}

/** `a.b.0` as `map(attribute=…)` and its kin read it. */
export function path(value: Value, name: Value, context: FilterContext): Value {
  if (typeof name !== 'string') return context.item(value, name)
  return name.split('.').reduce((current: Value, part) => context.item(current, /^\d+$/.test(part) ? BigInt(part) : part), value)
}

/** What an item is sorted, compared or told apart by: itself or its attribute, upper and lower case alike unless it is to matter. */
export function keyOf(args: ArgumentReader, context: FilterContext): (item: Value) => Value {
  const insensitive = !args.flag('case_sensitive', false)
  const name = args.optional('attribute') ?? null
  return (item) => fold(name === null ? item : path(item, name, context), insensitive, context.budget)
}

export function fold(value: Value, insensitive: boolean, budget: Budget): Value {
  if (typeof value !== 'string') return value
  budget.spendText(value)
  return insensitive ? value.toLowerCase() : value
}
