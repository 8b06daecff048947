/** Keys from a payload down to a value: names of properties, and indexes of lists. */
export type Keys = readonly string[]

/**
 * The payload without the properties at these places; the payload itself is left as it is. What cannot go by itself
 * (an item of a list) takes the property with it that holds it.
 */
export function dropProperties(payload: object, places: readonly Keys[]): object {
  return places.reduce<object>((rest, keys) => {
    const own = propertyOf(payload, keys)
    return own === undefined ? rest : without(rest, own)
  }, payload)
}

/** The innermost property on the way to a place; undefined when there is none: the place is the payload itself. */
export function propertyOf(payload: object, keys: Keys): Keys | undefined {
  let length = 0
  let value: unknown = payload
  for (const [index, key] of keys.entries()) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) break
    if (!Array.isArray(value)) length = index + 1
    value = (value as Record<string, unknown>)[key]
  }
  return length === 0 ? undefined : keys.slice(0, length)
}

function without(value: object, [key, ...inner]: Keys): object {
  if (key === undefined || !Object.hasOwn(value, key)) return value
  const child = (value as Record<string, unknown>)[key]
  const copy: Record<string, unknown> = Array.isArray(value) ? (value.slice() as unknown as Record<string, unknown>) : { ...value }
  if (inner.length === 0) delete copy[key]
  else if (typeof child === 'object' && child !== null)
    Object.defineProperty(copy, key, { value: without(child, inner), enumerable: true, configurable: true, writable: true })
  return copy
}
