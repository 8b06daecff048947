import { isRawNumber } from '../schema.ts'

/**
 * What the validator is given of a payload: a large number as a number, and no property that is null, because null is
 * absence to ClickHouse's JSON type, and a plan must say the same of an event before and after it is stored. The value
 * itself where nothing of that is in it.
 */
export function comparable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isRawNumber(value)) return Number(value.rawJSON)
  if (Array.isArray(value)) {
    const items = value.map(comparable)
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  let copy: Record<string, unknown> | undefined
  for (const key in value) {
    const child = (value as Record<string, unknown>)[key]
    const compared = child === null || child === undefined ? undefined : comparable(child)
    if (compared === child && child !== undefined) continue
    copy ??= { ...value }
    // A field named __proto__ stays a field: an assignment would set the prototype.
    if (compared === undefined) delete copy[key]
    else Object.defineProperty(copy, key, { value: compared, enumerable: true, configurable: true, writable: true })
  }
  return copy ?? value
}
