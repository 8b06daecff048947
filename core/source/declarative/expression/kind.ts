import { ExpressionError } from './problem.ts'
import { Undefined, type Value } from './value.ts'

export function isNumber(value: Value): value is bigint | number | boolean {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean'
}

export function refuseUndefined(...values: Value[]): void {
  for (const value of values) if (value instanceof Undefined) throw new ExpressionError('undefined', `${value.what} is undefined`)
}
