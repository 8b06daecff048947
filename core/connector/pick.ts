import { idText } from '../event/schema.ts'

/** The value at a dotted path of own fields (`customer.id`, `items.0.sku`); undefined when it is absent or null. */
export function pick(value: unknown, path: string): unknown {
  let found = value
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found ?? undefined
}

/** The first of the paths that leads to a text or number, as text. */
export function pickText(value: unknown, ...paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const text = idText(pick(value, path))
    if (text !== undefined) return text
  }
  return undefined
}
