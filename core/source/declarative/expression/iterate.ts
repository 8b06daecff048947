import { boundedItems } from './budget.ts'
import { ExpressionError } from './problem.ts'
import { Dict, List, typeName, Undefined, type Value } from './value.ts'

/** The items a for loop or filter goes through: of a list, the keys of a dict, the characters of a text. */
export function iterate(value: Value): Value[] {
  if (value instanceof List) return value.items
  if (value instanceof Dict) return value.keys()
  if (typeof value === 'string') {
    const characters = [...value]
    boundedItems(characters.length)
    return characters
  }
  throw new ExpressionError('type', `a ${typeName(value)} cannot be iterated`)
}

/** As `iterate`; of something undefined, nothing. */
export function iterateAny(value: Value): Value[] {
  return value instanceof Undefined ? [] : iterate(value)
}

/** The item, or Undefined where there is none. */
export function itemAt(items: readonly Value[], index: number, what: string): Value {
  const item = items[index]
  return item === undefined ? new Undefined(what) : item
}
