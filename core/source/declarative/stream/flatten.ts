import type { Json, JsonObject } from '../../../lib/json.ts'
import { isObject, removeAt, valueAt, valuesAt } from './path.ts'

/**
 * A record of one level (component schema, "FlattenFields"). A key keeps its own name unless that is
 * taken, and then has its parent's before it; within lists all keys do, with the index.
 */
export function flattened(record: JsonObject, flattensLists: boolean): JsonObject {
  const result: JsonObject = {}
  let isInList = false
  const visit = (value: Json, name: string): void => {
    if (isObject(value)) {
      const children = Object.entries(value).map(([key, child]): [string, Json] => [
        isInList || Object.hasOwn(result, key) ? `${name}.${key}` : key,
        child,
      ])
      for (const [key, child] of children.toReversed()) visit(child, key)
    } else if (Array.isArray(value) && flattensLists) {
      isInList ||= value.length > 0
      for (const [index, item] of [...value.entries()].toReversed()) visit(item, `${name}.${index}`)
    } else Object.defineProperty(result, name, { value, writable: true, enumerable: true, configurable: true })
  }
  visit(record, '_')
  return result
}

interface FlattenRule {
  rename: (key: string) => string
  /** Removes the object that its fields are taken from. */
  isMoved: boolean
  /** The fields are all that is left of the record. */
  isAlone: boolean
}

/**
 * The fields of the object at a path raised to the top of the record (component schema,
 * "DpathFlattenFields"). Where one of them would replace another field, nothing is done.
 */
export function flattenAt(record: JsonObject, path: readonly string[], rule: FlattenRule): JsonObject {
  const found = path.includes('*') ? valuesAt(record, path)[0] : valueAt(record, path)
  if (!isObject(found)) return record
  const raised = Object.fromEntries(Object.entries(found).map(([key, value]) => [rule.rename(key), value]))
  if (rule.isAlone) return Object.keys(raised).length > 0 ? raised : record
  if (Object.keys(raised).some((key) => Object.hasOwn(record, key))) return record
  if (rule.isMoved) removeAt(record, path)
  return { ...record, ...raised }
}
