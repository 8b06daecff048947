import { formatTime } from '../time/format.ts'
import { Moment, Span, microsPerDay, Day } from '../time/moment.ts'
import { parseAnyTime, parseTime } from '../time/parse.ts'
import { parseSpan } from '../time/span.ts'
import { ArgumentReader } from './argument.ts'
import { dayOf, iterate } from './method.ts'
import { compare, refuseUndefined } from './operate.ts'
import { ExpressionError } from './problem.ts'
import { toText } from './text.ts'
import { Callable, Dict, typeName, type Value } from './value.ts'

type Macro = (args: ArgumentReader, now: () => number) => Value

/**
 * The functions that manifests may call (low-code CDK reference, "Macros"), and Jinja's own `dict`
 * and `namespace`. `range` is left out, as the CDK leaves it out.
 */
const macros: Record<string, Macro> = {
  now_utc: (_, now) => Moment.fromMillis(now()),
  today_utc: (_, now) => dayOf(Moment.fromMillis(now())),
  today_with_timezone: (args, now) => todayIn(args.text('timezone'), now()),
  timestamp: (args) => {
    const value = args.required('dt')
    if (typeof value === 'bigint') return value
    if (typeof value === 'number') return BigInt(Math.trunc(value))
    return Number(toMoment(value).micros) / 1e6
  },
  str_to_datetime: (args) => toMoment(args.required('s')),
  max: (args) => extreme(args, 1),
  min: (args) => extreme(args, -1),
  day_delta: (args, now) => {
    const days = args.integer('num_days')
    const moment = new Moment(Moment.fromMillis(now()).micros + BigInt(days) * microsPerDay)
    return formatTime(moment, args.text('format', '%Y-%m-%dT%H:%M:%S.%f%z'))
  },
  duration: (args) => {
    const text = args.text('datestring')
    const span = parseSpan(text)
    if (span === undefined) throw new ExpressionError('type', `"${text}" is not an ISO 8601 duration`)
    return span
  },
  format_datetime: (args) => {
    const value = args.required('dt')
    const format = args.text('format')
    const inputFormat = args.optional('input_format')
    refuseUndefined(value)
    if (inputFormat === undefined || inputFormat === null || value instanceof Moment || value instanceof Day)
      return formatTime(toMoment(value), format)
    const moment = parseTime(toText(value), toText(inputFormat))
    if (moment === undefined) throw new ExpressionError('type', `"${toText(value)}" is not of the format ${toText(inputFormat)}`)
    return formatTime(moment, format)
  },
  dict: (args) => {
    const value = args.optional('mapping')
    return value instanceof Dict ? new Dict(value.entries()) : new Dict()
  },
}

export const macroNames: ReadonlySet<string> = new Set([...Object.keys(macros), 'namespace'])

/** The function of that name; undefined when manifests may not call one so named. */
export function macro(name: string, now: () => number): Callable | undefined {
  if (name === 'namespace' || name === 'dict') {
    return new Callable(name, (args) => {
      const base = args.positional[0]
      const dict = new Dict(base instanceof Dict ? base.entries() : [])
      for (const [key, value] of args.named) dict.set(key, value)
      return dict
    })
  }
  if (!Object.hasOwn(macros, name)) return undefined
  return new Callable(name, (args) => {
    const reader = new ArgumentReader(`${name}()`, args)
    const result = macros[name]!(reader, now)
    reader.end()
    return result
  })
}

function toMoment(value: Value): Moment {
  refuseUndefined(value)
  if (value instanceof Moment) return value
  if (value instanceof Day) return new Moment(BigInt(value.days) * microsPerDay)
  if (value instanceof Span || value === null || typeof value === 'boolean')
    throw new ExpressionError('type', `a ${typeName(value)} is not a time`)
  const moment = parseAnyTime(toText(value)) ?? (typeof value === 'bigint' ? new Moment(value * 1_000_000n) : undefined)
  if (moment === undefined) throw new ExpressionError('type', `"${toText(value)}" is not a time`)
  return moment.offset === 0 ? moment : new Moment(moment.micros)
}

function extreme(args: ArgumentReader, direction: 1 | -1): Value {
  const values = args.rest()
  const candidates = values.length === 1 ? iterate(values[0]!) : values
  if (candidates.length === 0) throw new ExpressionError('type', 'max and min want at least one value')
  return candidates.reduce((best, value) => (compare(value, best) * direction > 0 ? value : best))
}

function todayIn(timezone: string, now: number): Day {
  try {
    const parts = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now)
    return dayOf(parseAnyTime(parts)!)
  } catch {
    throw new ExpressionError('type', `"${timezone}" is not a time zone`)
  }
}
