import type { Json, JsonObject } from '../../../lib/json.ts'

/** The value at a path of keys and indexes, own properties only; undefined where there is none. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current: Json | undefined = value
  for (const part of path) current = step(current, part)
  return current
}

/** All values at a path in which `*` stands for any key or index and `**` for any number of them. */
export function valuesAt(value: Json | undefined, [head, ...rest]: readonly string[]): Json[] {
  if (value === undefined) return []
  if (head === undefined) return [value]
  const children = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
  if (head === '*') return children.flatMap((child) => valuesAt(child, rest))
  if (head === '**') return [...valuesAt(value, rest), ...children.flatMap((child) => valuesAt(child, ['**', ...rest]))]
  return valuesAt(step(value, head), rest)
}

/** Sets the value at a path, making what is missing on the way: objects, and array items up to the index. Changes `target`. */
export function setAt(target: JsonObject, path: readonly string[], value: Json): void {
  let current: JsonObject | Json[] = target
  for (const [index, part] of path.entries()) {
    if (index === path.length - 1) put(current, part, value)
    else {
      const next = step(current, part)
      const child: JsonObject | Json[] = isObject(next) || Array.isArray(next) ? next : {}
      if (child !== next) put(current, part, child)
      current = child
    }
  }
}

/** Puts a value wherever a path (with `*` and `**`) leads to something; false when that is nowhere. Changes `target`. */
export function replaceAt(target: Json | undefined, [head, ...rest]: readonly string[], value: Json): boolean {
  if (!isObject(target) && !Array.isArray(target)) return false
  if (head === undefined) return false
  const keys = Object.keys(target)
  if (head === '**') {
    const here = replaceAt(target, rest, value)
    return keys.map((key) => replaceAt(step(target, key), ['**', ...rest], value)).some(Boolean) || here
  }
  let found = false
  for (const key of head === '*' ? keys : keys.filter((candidate) => candidate === head)) {
    if (rest.length > 0) found = replaceAt(step(target, key), rest, value) || found
    else {
      put(target, key, value)
      found = true
    }
  }
  return found
}

/** Removes what a path leads to (with `*` and `**`), where the value passes. Changes `target`. */
export function removeAt(
  target: Json | undefined,
  [head, ...rest]: readonly string[],
  passes: (value: Json) => boolean = () => true,
): void {
  if (!isObject(target) && !Array.isArray(target)) return
  const keys = Object.keys(target)
  if (head === '**') {
    removeAt(target, rest, passes)
    for (const key of keys) removeAt(step(target, key), ['**', ...rest], passes)
    return
  }
  for (const key of head === '*' ? keys.toReversed() : keys.filter((candidate) => candidate === head)) {
    if (rest.length > 0) removeAt(step(target, key), rest, passes)
    else if (!passes(step(target, key)!)) continue
    else if (Array.isArray(target)) target.splice(Number(key), 1)
    else delete target[key]
  }
}

function step(value: Json | undefined, part: string): Json | undefined {
  if (Array.isArray(value)) return /^-?\d+$/.test(part) ? value.at(Number(part)) : undefined
  return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined
}

function put(target: JsonObject | Json[], part: string, value: Json): void {
  if (Array.isArray(target)) {
    const index = Number(part)
    if (!Number.isInteger(index) || index < 0 || index > 10_000) return
    while (target.length < index) target.push(null)
    target[index] = value
    // defineProperty: a field of the API's named __proto__ must stay a field.
  } else Object.defineProperty(target, part, { value, writable: true, enumerable: true, configurable: true })
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
