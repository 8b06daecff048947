const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/
const timePattern = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?$/i

/** ClickHouse's Date32 and DateTime64 reach from 1900 to 2299 (docs: Data types, "Date32", "DateTime64"). */
const firstYear = 1900
const lastYear = 2299

/** A date (`2026-01-31`) as ClickHouse reads it; undefined when it is none, or out of Date32's range. */
export function parseDate(text: string): string | undefined {
  const match = datePattern.exec(text)
  if (match === null) return undefined
  return utc(Number(match[1]), Number(match[2]), Number(match[3]), 0, 0, 0) === undefined ? undefined : text
}

/** An ISO 8601 date-time as microseconds since the epoch; without a zone it is UTC. Undefined when it is none, or out of range. */
export function parseTime(text: string): bigint | undefined {
  const match = timePattern.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const millis = utc(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second ?? 0))
  if (millis === undefined) return undefined
  const micros = BigInt((fraction ?? '').padEnd(6, '0').slice(0, 6))
  return BigInt(millis - offsetMillis(zone)) * 1000n + micros
}

/** As ClickHouse reads it whatever its settings: `2026-01-31 10:00:00.123`. */
export function formatMillis(millis: number): string {
  return new Date(millis).toISOString().replace('T', ' ').replace('Z', '')
}

function offsetMillis(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0)
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}

function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number | undefined {
  if (year < firstYear || year > lastYear || hour > 23 || minute > 59 || second > 59) return undefined
  const millis = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(millis)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? millis : undefined
}
