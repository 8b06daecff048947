import { isoFormat } from '../time/format.ts'
import { Day, floorDiv, microsPerDay, Moment, Span } from '../time/moment.ts'
import { Budget, bounded, boundedDepth, joinBounded } from './budget.ts'
import { Dict, List, Undefined, type Value } from './value.ts'

/** Python's str(). */
export function toText(value: Value, budget = new Budget()): string {
  if (typeof value === 'string') return value
  if (value instanceof Undefined) return ''
  if (value instanceof Moment || value instanceof Day) return isoFormat(value, ' ')
  if (value instanceof Span) return spanText(value)
  return represent(value, budget)
}

/** Python's repr(). */
export function represent(value: Value, budget = new Budget(), depth = 0): string {
  boundedDepth(depth)
  budget.spend()
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return quoted(bounded(value), budget)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return floatText(value)
  if (value instanceof List) {
    const items = value.items.map((item) => represent(item, budget, depth + 1))
    if (!value.tuple) return `[${joinBounded(items, ', ')}]`
    return items.length === 1 ? `(${items[0]},)` : `(${joinBounded(items, ', ')})`
  }
  if (value instanceof Dict) {
    const entries = value.entries().map(([key, item]) => `${represent(key, budget, depth + 1)}: ${represent(item, budget, depth + 1)}`)
    return `{${joinBounded(entries, ', ')}}`
  }
  if (value instanceof Moment) return momentRepresentation(value)
  if (value instanceof Day) return `datetime.date(${value.fields.year}, ${value.fields.month}, ${value.fields.day})`
  if (value instanceof Span) return spanRepresentation(value)
  if (value instanceof Undefined) return 'Undefined'
  return `<function ${value.name}>`
}

/** repr() of a float: the shortest digits that read back the same, an exponent from 1e16 and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string]
  const exponent = Number(exponentText)
  if (exponent >= 16 || exponent < -4) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const negative = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace('-', '').replace('.', '')
  if (exponent < 0) return `${negative}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${negative}${whole}.${digits.slice(exponent + 1) || '0'}`
}

function quoted(text: string, budget: Budget): string {
  budget.spendText(text)
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let out = quote
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (character === quote || character === '\\') out += `\\${character}`
    else if (character === '\n') out += '\\n'
    else if (character === '\r') out += '\\r'
    else if (character === '\t') out += '\\t'
    else if (code < 0x20 || (code >= 0x7f && code < 0xa1) || code === 0xad) out += `\\x${code.toString(16).padStart(2, '0')}`
    else out += character
  }
  return out + quote
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function plural(count: number, unit: string): string {
  return count === 0 ? '' : `${count} ${unit}${Math.abs(count) === 1 ? '' : 's'}, `
}

function spanText(span: Span): string {
  const days = floorDiv(span.micros, microsPerDay)
  const rest = Number(span.micros - days * microsPerDay)
  const seconds = Math.floor(rest / 1e6)
  const micro = rest % 1e6 === 0 ? '' : `.${String(rest % 1e6).padStart(6, '0')}`
  const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${micro}`
  const day = days === 0n ? '' : `${days} day${days === 1n || days === -1n ? '' : 's'}, `
  if (span.months === 0) return day + clock
  const years = Math.trunc(span.months / 12)
  const months = span.months % 12
  return plural(years, 'year') + plural(months, 'month') + day + clock
}

function spanRepresentation(span: Span): string {
  if (span.months !== 0) return `isodate.duration.Duration(${spanText(span)})`
  const days = floorDiv(span.micros, microsPerDay)
  const rest = span.micros - days * microsPerDay
  const parts = { days, seconds: rest / 1_000_000n, microseconds: rest % 1_000_000n }
  const named = Object.entries(parts).flatMap(([name, count]) => (count === 0n ? [] : [`${name}=${count}`]))
  return `datetime.timedelta(${named.join(', ') || '0'})`
}

function momentRepresentation(moment: Moment): string {
  const { year, month, day, hour, minute, second, micro } = moment.fields
  const parts = [year, month, day, hour, minute, ...(second || micro ? [second] : []), ...(micro ? [micro] : [])]
  return `datetime.datetime(${parts.join(', ')}${moment.offset === 0 ? ', tzinfo=datetime.timezone.utc' : ''})`
}
