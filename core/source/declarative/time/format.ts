import { civilDay, type Day, type Fields, floorDiv, microsPerSecond, Moment } from './moment.ts'

export const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/**
 * strftime in Python's C locale, with the low-code CDK's additions: %s epoch seconds, %s_as_float,
 * %ms epoch milliseconds, %_ms the milliseconds within the second, %epoch_microseconds
 * (CDK reference, "DatetimeBasedCursor", `datetime_format`).
 */
export function formatTime(time: Moment | Day, format: string): string {
  const moment = time instanceof Moment ? time : new Moment(BigInt(time.days) * 86_400n * microsPerSecond, null)
  if (format === '%s') return String(floorDiv(moment.micros, microsPerSecond))
  if (format === '%s_as_float') return floatText(Number(moment.micros) / 1e6)
  if (format === '%ms') return String(floorDiv(moment.micros, 1000n))
  if (format === '%epoch_microseconds') return String(moment.micros)
  const fields = moment.fields
  return format.replaceAll(/%(_ms|:z|-?[a-zA-Z%])/g, (whole, directive: string) => part(directive, fields, moment) ?? whole)
}

/** datetime.isoformat(), or str() of a datetime with a space as separator. */
export function isoFormat(
  time: Moment | Day,
  separator = 'T',
  unit: 'auto' | 'hours' | 'minutes' | 'seconds' | 'milliseconds' | 'microseconds' = 'auto',
): string {
  const fields = time.fields
  const date = `${pad(fields.year, 4)}-${pad(fields.month)}-${pad(fields.day)}`
  if (!(time instanceof Moment)) return date
  const shown = unit === 'auto' ? (fields.micro === 0 ? 'seconds' : 'microseconds') : unit
  const parts = [pad(fields.hour)]
  if (shown !== 'hours') parts.push(pad(fields.minute))
  if (shown !== 'hours' && shown !== 'minutes') parts.push(pad(fields.second))
  const fraction =
    shown === 'microseconds' ? `.${pad(fields.micro, 6)}` : shown === 'milliseconds' ? `.${pad(Math.floor(fields.micro / 1000), 3)}` : ''
  return `${date}${separator}${parts.join(':')}${fraction}${offsetText(time.offset, ':')}`
}

function part(directive: string, fields: Fields, moment: Moment): string | undefined {
  const bare = directive.startsWith('-')
  const number = (value: number, width = 2) => (bare ? String(value) : pad(value, width))
  switch (bare ? directive.slice(1) : directive) {
    case 'Y':
      return String(fields.year)
    case 'y':
      return number(fields.year % 100)
    case 'm':
      return number(fields.month)
    case 'd':
      return number(fields.day)
    case 'e':
      return String(fields.day).padStart(2)
    case 'H':
      return number(fields.hour)
    case 'I':
      return number(fields.hour % 12 || 12)
    case 'M':
      return number(fields.minute)
    case 'S':
      return number(fields.second)
    case 'f':
      return pad(fields.micro, 6)
    case '_ms':
      return pad(Math.floor(fields.micro / 1000), 3)
    case 'j':
      return number(fields.dayOfYear, 3)
    case 'p':
      return fields.hour < 12 ? 'AM' : 'PM'
    case 'z':
      return offsetText(moment.offset, '')
    case ':z':
      return offsetText(moment.offset, ':')
    case 'Z':
      return moment.offset === null ? '' : moment.offset === 0 ? 'UTC' : `UTC${offsetText(moment.offset, ':')}`
    case 's':
      return String(floorDiv(moment.micros, microsPerSecond))
    case 'a':
      return weekdays[fields.weekday]!.slice(0, 3)
    case 'A':
      return weekdays[fields.weekday]
    case 'b':
    case 'h':
      return months[fields.month - 1]!.slice(0, 3)
    case 'B':
      return months[fields.month - 1]
    case 'u':
      return String(fields.weekday + 1)
    case 'w':
      return String((fields.weekday + 1) % 7)
    case 'U':
      return pad(Math.floor((fields.dayOfYear + 6 - ((fields.weekday + 1) % 7)) / 7))
    case 'W':
      return pad(Math.floor((fields.dayOfYear + 6 - fields.weekday) / 7))
    case 'V':
      return pad(isoWeek(fields).week)
    case 'G':
      return String(isoWeek(fields).year)
    case 'T':
    case 'X':
      return `${pad(fields.hour)}:${pad(fields.minute)}:${pad(fields.second)}`
    case 'F':
      return `${fields.year}-${pad(fields.month)}-${pad(fields.day)}`
    case 'D':
    case 'x':
      return `${pad(fields.month)}/${pad(fields.day)}/${pad(fields.year % 100)}`
    case 'c':
      return `${weekdays[fields.weekday]!.slice(0, 3)} ${months[fields.month - 1]!.slice(0, 3)} ${String(fields.day).padStart(2)} ${pad(fields.hour)}:${pad(fields.minute)}:${pad(fields.second)} ${fields.year}`
    case 'r':
      return `${pad(fields.hour % 12 || 12)}:${pad(fields.minute)}:${pad(fields.second)} ${fields.hour < 12 ? 'AM' : 'PM'}`
    case 'C':
      return pad(Math.floor(fields.year / 100))
    case 'g':
      return pad(isoWeek(fields).year % 100)
    case 'k':
      return String(fields.hour).padStart(2)
    case 'l':
      return String(fields.hour % 12 || 12).padStart(2)
    case 'P':
      return fields.hour < 12 ? 'am' : 'pm'
    case 'n':
      return '\n'
    case 't':
      return '\t'
    case 'R':
      return `${pad(fields.hour)}:${pad(fields.minute)}`
    case '%':
      return '%'
    default:
      return undefined
  }
}

/** ISO 8601 week: the one with the year's first Thursday is week 1. */
export function isoWeek(fields: Fields): { year: number; week: number } {
  const thursday = fields.dayOfYear + 3 - fields.weekday
  if (thursday < 1) return { year: fields.year - 1, week: Math.ceil((thursday + daysInYear(fields.year - 1)) / 7) }
  if (thursday > daysInYear(fields.year)) return { year: fields.year + 1, week: 1 }
  return { year: fields.year, week: Math.ceil(thursday / 7) }
}

function daysInYear(year: number): number {
  return civilDay(year + 1, 1, 1)! - civilDay(year, 1, 1)!
}

function offsetText(offset: number | null, separator: string): string {
  if (offset === null) return ''
  const minutes = Math.abs(offset)
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${separator}${pad(minutes % 60)}`
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0')
}

function floatText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
