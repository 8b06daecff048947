import { months, weekdays } from './format.ts'
import { Moment, microsPerSecond, momentOf } from './moment.ts'

/**
 * strptime in Python's C locale with the low-code CDK's additions (see format.ts). A time without a
 * zone is read as UTC, as the CDK does. Undefined when the text is not of the format.
 */
export function parseTime(text: string, format: string): Moment | undefined {
  if (format === '%s' || format === '%s_as_float') return fromNumber(text, 1_000_000)
  if (format === '%ms') return fromNumber(text, 1000)
  if (format === '%epoch_microseconds') return fromNumber(text, 1)
  const { pattern, directives } = compile(format)
  const match = pattern.exec(text)
  if (match === null) return undefined
  const fields = { year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0, micro: 0 }
  let offset: number | null = 0
  let afternoon: boolean | undefined
  let dayOfYear: number | undefined
  for (const [index, directive] of directives.entries()) {
    const value = match[index + 1]!
    if (directive === 'Y') fields.year = Number(value)
    else if (directive === 'y') fields.year = Number(value) + (Number(value) < 69 ? 2000 : 1900)
    else if (directive === 'm') fields.month = Number(value)
    else if (directive === 'd' || directive === 'e') fields.day = Number(value)
    else if (directive === 'H' || directive === 'I') fields.hour = Number(value)
    else if (directive === 'M') fields.minute = Number(value)
    else if (directive === 'S') fields.second = Number(value)
    else if (directive === 'f' || directive === '_ms') fields.micro = Number(value.padEnd(6, '0').slice(0, 6))
    else if (directive === 'p') afternoon = value.toLowerCase() === 'pm'
    else if (directive === 'j') dayOfYear = Number(value)
    else if (directive === 'b' || directive === 'B') fields.month = 1 + months.findIndex((name) => startsAlike(name, value))
    else if (directive === 'z') offset = parseOffset(value)
    else if (directive === 's') return fromNumber(value, 1_000_000)
  }
  if (afternoon !== undefined) fields.hour = (fields.hour % 12) + (afternoon ? 12 : 0)
  if (dayOfYear !== undefined) {
    const start = momentOf({ ...fields, month: 1, day: 1 }, offset)
    return start && new Moment(start.micros + BigInt(dayOfYear - 1) * 86_400n * microsPerSecond, offset)
  }
  return momentOf(fields, offset)
}

const isoPattern =
  /^\s*(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?\s*$/i
const compactPattern = /^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{2}:?\d{2})?)?$/
const mailPattern = /^(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})\s+([A-Za-z]{3,9})\s+(\d{4})\s+(\d{2}):(\d{2})(?::(\d{2}))?\s*(Z|UTC|GMT|[+-]\d{4})?$/

/** A time as APIs and settings commonly write it: ISO 8601 and its looser forms, RFC 5322, or epoch seconds. */
export function parseAnyTime(text: string): Moment | undefined {
  const trimmed = text.trim()
  if (/^-?\d{9,11}(\.\d+)?$/.test(trimmed)) return fromNumber(trimmed, 1_000_000)
  if (/^-?\d{12,13}$/.test(trimmed)) return fromNumber(trimmed, 1000)
  const iso = isoPattern.exec(trimmed)
  if (iso) {
    const [, year, month, day, hour, minute, second, fraction, zone] = iso
    return assemble(year!, Number(month), day!, hour, minute, second, fraction, zone)
  }
  const compact = compactPattern.exec(trimmed)
  if (compact) {
    const [, year, month, day, hour, minute, second, zone] = compact
    return assemble(year!, Number(month), day!, hour, minute, second, undefined, zone)
  }
  const mail = mailPattern.exec(trimmed)
  if (mail) {
    const [, day, name, year, hour, minute, second, zone] = mail
    const month = 1 + months.findIndex((candidate) => startsAlike(candidate, name!))
    return assemble(year!, month, day!, hour, minute, second, undefined, zone)
  }
  return undefined
}

function assemble(
  year: string,
  month: number,
  day: string,
  hour = '0',
  minute = '0',
  second = '0',
  fraction = '',
  zone?: string,
): Moment | undefined {
  const micro = Number(fraction.padEnd(6, '0').slice(0, 6))
  const fields = { year: Number(year), month, day: Number(day), hour: Number(hour), minute: Number(minute), second: Number(second), micro }
  return momentOf(fields, zone === undefined ? null : parseOffset(zone))
}

function fromNumber(text: string, microsPerUnit: number): Moment | undefined {
  if (/^-?\d+$/.test(text)) return new Moment(BigInt(text) * BigInt(microsPerUnit))
  const value = Number(text)
  return text.trim() === '' || !Number.isFinite(value) ? undefined : new Moment(BigInt(Math.round(value * microsPerUnit)))
}

const directivePatterns: Record<string, string> = {
  Y: String.raw`(\d{4})`,
  y: String.raw`(\d{2})`,
  m: String.raw`(1[0-2]|0?[1-9])`,
  d: String.raw`(3[01]|[12]\d|0?[1-9])`,
  e: String.raw`\s?(3[01]|[12]\d|0?[1-9])`,
  H: String.raw`(2[0-3]|[01]?\d)`,
  I: String.raw`(1[0-2]|0?[1-9])`,
  M: String.raw`([0-5]?\d)`,
  S: String.raw`([0-5]?\d)`,
  f: String.raw`(\d{1,6})`,
  _ms: String.raw`(\d{1,6})`,
  j: String.raw`(\d{1,3})`,
  p: '([AaPp][Mm])',
  z: String.raw`(Z|[+-]\d{2}:?\d{2})`,
  s: String.raw`(-?\d+)`,
  a: `(${weekdays.map((name) => name.slice(0, 3)).join('|')})`,
  A: `(${weekdays.join('|')})`,
  b: `(${months.map((name) => name.slice(0, 3)).join('|')})`,
  B: `(${months.join('|')})`,
  Z: '(UTC|GMT|Z)',
  // Read and not used, as strptime does without a weekday beside them.
  w: String.raw`([0-6])`,
  u: String.raw`([1-7])`,
  U: String.raw`(\d{1,2})`,
  W: String.raw`(\d{1,2})`,
}

const abbreviations: Record<string, string> = {
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  F: '%Y-%m-%d',
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  R: '%H:%M',
  c: '%a %b %d %H:%M:%S %Y',
}

function compile(format: string): { pattern: RegExp; directives: string[] } {
  const long = format.replaceAll(/%([TXFDxRc])/g, (_, name: string) => abbreviations[name]!)
  const directives: string[] = []
  let source = ''
  for (const [whole, directive] of long.matchAll(/%:?(_ms|[a-zA-Z%])|[^%]+|%/g)) {
    const known = directive === undefined ? undefined : directivePatterns[directive]
    if (directive === '%') source += '%'
    else if (directive !== undefined && known !== undefined) {
      directives.push(directive)
      source += known
    } else source += whole.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`).replaceAll(/\s+/g, String.raw`\s+`)
  }
  return { pattern: new RegExp(`^${source}$`, 'i'), directives }
}

function parseOffset(text: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text)
  if (match === null) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return match[1] === '-' ? -minutes : minutes
}

function startsAlike(name: string, text: string): boolean {
  return name.toLowerCase().startsWith(text.toLowerCase().slice(0, 3))
}
