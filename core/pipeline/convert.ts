import type { Json } from '../lib/json.ts'
import { elementOf, type Shape } from './shape.ts'
import { formatMillis, parseDate, parseTime } from './time.ts'

/** What `convert` returns for a value that does not fit its column. */
export const misfit: unique symbol = Symbol('misfit')

/**
 * A value as its column takes it. Only what is lossless counts as fitting: "42" is an Int64 and 42 a
 * String, "n/a" is no Int64, and neither 1.5 nor "007". Null becomes undefined, which the column's default stands for.
 */
export function convert(value: Json | undefined, shape: Shape): Json | undefined | typeof misfit {
  if (value === null || value === undefined) return undefined
  switch (shape) {
    case 'String':
      return toText(value)
    case 'Int64':
      return toInteger(value)
    case 'Float64':
      return toFloat(value)
    case 'Bool':
      if (typeof value === 'boolean') return value
      return value === 'true' ? true : value === 'false' ? false : misfit
    case 'Date32':
      return typeof value === 'string' ? (parseDate(value) ?? dateOfTime(value)) : misfit
    case 'DateTime64':
      return typeof value === 'string' ? toTime(value) : misfit
    case 'JSON':
      return typeof value === 'object' && !Array.isArray(value) ? clean(value) : misfit
    default:
      return Array.isArray(value) ? toList(value, elementOf(shape)!) : misfit
  }
}

function toText(value: Exclude<Json, null>): string {
  return wellFormed(typeof value === 'string' ? value : JSON.stringify(value))
}

function toInteger(value: Exclude<Json, null>): Json | typeof misfit {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : misfit
  if (typeof value !== 'string' || !/^-?(0|[1-9]\d{0,18})$/.test(value)) return misfit
  return BigInt.asIntN(64, BigInt(value)) === BigInt(value) ? value : misfit
}

function toFloat(value: Exclude<Json, null>): Json | typeof misfit {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^-?((0|[1-9]\d*)\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return misfit
  const number = Number(value)
  const isRounded = /^-?\d+$/.test(value) && BigInt(value) !== BigInt(number)
  return Number.isFinite(number) && !isRounded ? number : misfit
}

/** Milliseconds are kept; what is finer is cut off. */
function toTime(text: string): Json | typeof misfit {
  const micros = parseTime(text)
  if (micros !== undefined) return formatMillis(Number(micros / 1000n))
  return parseDate(text) === undefined ? misfit : `${text} 00:00:00.000`
}

/** A date-time at midnight is a date too. */
function dateOfTime(text: string): Json | typeof misfit {
  return parseTime(text) !== undefined && /^.{10}[T ]00:00(:00(\.0+)?)?Z?$/.test(text) ? text.slice(0, 10) : misfit
}

function toList(items: readonly Json[], element: Shape): Json | typeof misfit {
  const list: Json[] = []
  for (const item of items) {
    if (item === null) {
      if (element === 'JSON') return misfit
      list.push(null)
      continue
    }
    const converted = convert(item, element)
    if (converted === misfit || converted === undefined) return misfit
    list.push(converted)
  }
  return list
}

/** An object that ClickHouse's JSON parser takes: no half of a surrogate pair. The same object when there is none. */
function clean(value: Json): Json {
  if (typeof value === 'string') return wellFormed(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) {
    const items = value.map(clean)
    return items.every((item, index) => item === value[index]) ? value : items
  }
  let changed = false
  const entries = Object.entries(value).map(([key, item]): [string, Json] => {
    const entry: [string, Json] = [wellFormed(key), clean(item)]
    changed ||= entry[0] !== key || entry[1] !== item
    return entry
  })
  return changed ? Object.fromEntries(entries) : value
}

function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed()
}
