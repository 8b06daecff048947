import { idText } from '../event/schema.ts'
import type { Json, JsonObject } from '../lib/json.ts'

/** The value at a dotted path of own fields (`page.url`, `items.0.sku`), `undefined` where there is none, or null. */
export function lookup(value: Json | undefined, path: string): Json | undefined
export function lookup(value: unknown, path: string): unknown
export function lookup(value: unknown, path: string): unknown {
  let found = value
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found ?? undefined
}

/** The first of the paths that leads to a text or number, as text. */
export function lookupText(value: unknown, ...paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const text = idText(lookup(value, path))
    if (text !== undefined) return text
  }
  return undefined
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
