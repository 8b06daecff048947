import type { Json, JsonObject } from '../lib/json.ts'

/** The value at a dotted path (`page.url`), `undefined` where there is none. */
export function lookup(object: JsonObject | undefined, path: string): Json | undefined {
  let value: Json | undefined = object
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value ?? undefined
}

/** Fields by the tool's names, of those that are there: `{ ip: 'ip' }` takes `context.ip`. */
export function pick(object: JsonObject | undefined, names: Readonly<Record<string, string>>): JsonObject {
  const picked: JsonObject = {}
  for (const [name, path] of Object.entries(names)) {
    const value = lookup(object, path)
    if (value !== undefined) picked[name] = value
  }
  return picked
}
