import { formatTime, isoFormat, isoWeek } from '../../time/format.ts'
import { civilDay, Day, floorDiv, microsPerDay, type Moment, momentOf, Span } from '../../time/moment.ts'
import { ExpressionError } from '../problem.ts'
import { List, type Value } from '../value.ts'
import type { Method } from './define.ts'

/** Days from 0001-01-01, which is 1, to 1970-01-01. */
const epochOrdinal = 719_163

/** The methods and fields of datetime.datetime, datetime.date and datetime.timedelta. */
export const momentMethods: Record<string, Method<Moment>> = {
  strftime: (self, args) => formatTime(self, args.text('format')),
  isoformat: (self, args) => {
    const separator = args.text('sep', 'T')
    return isoFormat(self, separator, unitOf(args.text('timespec', 'auto')))
  },
  timestamp: (self) => Number(self.micros) / 1e6,
  date: (self) => dayOf(self),
  ctime: (self) => formatTime(self, '%c'),
  weekday: (self) => BigInt(self.fields.weekday),
  isoweekday: (self) => BigInt(self.fields.weekday + 1),
  isocalendar: (self) => calendar(self),
  toordinal: (self) => BigInt(dayOf(self).days + epochOrdinal),
  utcoffset: (self) => (self.offset === null ? null : new Span(0, BigInt(self.offset) * 60_000_000n)),
  tzname: (self) => formatTime(self, '%Z') || null,
  replace: (self, args) => {
    const fields = { ...self.fields }
    for (const name of ['year', 'month', 'day', 'hour', 'minute', 'second'] as const) fields[name] = args.integer(name, fields[name])
    fields.micro = args.integer('microsecond', fields.micro)
    const zone = args.optional('tzinfo')
    if (zone !== undefined && zone !== null) throw new ExpressionError('unknown', 'replace(tzinfo=…) is not supported but for none')
    const isYear = fields.year >= 1 && fields.year <= 9999
    const moment = isYear ? momentOf(fields, zone === null ? null : self.offset) : undefined
    if (moment === undefined) throw new ExpressionError('type', 'there is no such date')
    return moment
  },
}

export const dayMethods: Record<string, Method<Day>> = {
  strftime: (self, args) => formatTime(self, args.text('format')),
  isoformat: (self) => isoFormat(self),
  ctime: (self) => formatTime(self, '%c'),
  weekday: (self) => BigInt(self.fields.weekday),
  isoweekday: (self) => BigInt(self.fields.weekday + 1),
  isocalendar: (self) => calendar(self),
  toordinal: (self) => BigInt(self.days + epochOrdinal),
  replace: (self, args) => {
    const { year, month, day } = self.fields
    const wanted = args.integer('year', year)
    const days = wanted < 1 || wanted > 9999 ? undefined : civilDay(wanted, args.integer('month', month), args.integer('day', day))
    if (days === undefined) throw new ExpressionError('type', 'there is no such date')
    return new Day(days)
  },
}

export const spanMethods: Record<string, Method<Span>> = {
  total_seconds: (self) => Number(self.micros) / 1e6,
}

export function timeField(moment: Moment, name: string): Value | undefined {
  const fields = moment.fields
  if (name === 'microsecond') return BigInt(fields.micro)
  if (name === 'tzinfo') return formatTime(moment, '%Z') || null
  if (name === 'year' || name === 'month' || name === 'day' || name === 'hour' || name === 'minute' || name === 'second')
    return BigInt(fields[name])
  return undefined
}

export function dayField(day: Day, name: string): Value | undefined {
  return name === 'year' || name === 'month' || name === 'day' ? BigInt(day.fields[name]) : undefined
}

export function spanField(span: Span, name: string): Value | undefined {
  const days = floorDiv(span.micros, microsPerDay)
  if (name === 'days') return days
  if (name === 'seconds') return (span.micros - days * microsPerDay) / 1_000_000n
  if (name === 'microseconds') return (span.micros - days * microsPerDay) % 1_000_000n
  return undefined
}

export function dayOf(moment: Moment): Day {
  const { year, month, day } = moment.fields
  return new Day(civilDay(year, month, day)!)
}

function calendar(time: Moment | Day): List {
  const { year, week } = isoWeek(time.fields)
  return List.of([BigInt(year), BigInt(week), BigInt(time.fields.weekday + 1)], true)
}

const units = ['auto', 'hours', 'minutes', 'seconds', 'milliseconds', 'microseconds'] as const

function unitOf(name: string): (typeof units)[number] {
  const unit = units.find((candidate) => candidate === name)
  if (unit === undefined) throw new ExpressionError('type', `"${name}" is no timespec`)
  return unit
}
