import { formatTime } from '../time/format.ts'
import { Moment, Span, microsPerDay, Day } from '../time/moment.ts'
import { parseAnyTime, parseTime } from '../time/parse.ts'
import { parseSpan } from '../time/span.ts'
import { ArgumentReader } from './argument.ts'
import { type Budget, bounded } from './budget.ts'
import { iterate } from './iterate.ts'
import { pairs } from './method/collection.ts'
import { dayOf } from './method/time.ts'
import { refuseUndefined } from './kind.ts'
import { compare, inRange } from './operate.ts'
import { ExpressionError } from './problem.ts'
import { quote } from './quote.ts'
import { toText } from './text.ts'
import { Callable, Dict, typeName, type Value } from './value.ts'

/** What expressions see of the world. */
export interface World {
  now: () => number
  random: () => number
}

type Macro = (args: ArgumentReader, world: World, budget: Budget) => Value

/**
 * The functions that manifests may call (low-code CDK reference, "Macros"), and Jinja's own `dict`
 * and `namespace`. `range` is left out, as the CDK leaves it out.
 */
const macros: Record<string, Macro> = {
  now_utc: (_, { now }) => Moment.fromMillis(now()),
  today_utc: (_, { now }) => dayOf(Moment.fromMillis(now())),
  today_with_timezone: (args, { now }) => todayIn(args.text('timezone'), now()),
  timestamp: (args) => {
    const value = args.required('dt')
    if (typeof value === 'bigint') return value
    if (typeof value === 'number') return BigInt(Math.trunc(value))
    return Number(toMoment(value).micros) / 1e6
  },
  str_to_datetime: (args) => toMoment(args.required('s')),
  max: (args, _, budget) => extreme(args, 1, budget),
  min: (args, _, budget) => extreme(args, -1, budget),
  day_delta: (args, { now }) => {
    const days = args.integer('num_days')
    const moment = inRange(new Moment(Moment.fromMillis(now()).micros + BigInt(days) * microsPerDay))
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
    return formatTime(inRange(moment), format)
  },
  sanitize_url: (args) => bounded(quote(args.text('value'), '').replaceAll('%20', '+')),
  camel_case_to_snake_case: (args) =>
    args
      .text('value')
      .replaceAll(/(?<!^)(?=[A-Z])/g, '_')
      .toLowerCase(),
  generate_uuid: (_, { random }) => uuid(random),
  dict: (args) => own(args),
  namespace: (args) => own(args),
}

export const macroNames: ReadonlySet<string> = new Set(Object.keys(macros))

/** The function of that name; undefined when manifests may not call one so named. */
export function macro(name: string, world: World, budget: Budget): Callable | undefined {
  if (!Object.hasOwn(macros, name)) return undefined
  return new Callable(name, (args) => {
    const reader = new ArgumentReader(`${name}()`, args)
    const result = macros[name]!(reader, world, budget)
    reader.end()
    return result
  })
}

/** A dict of its own: from a dict or pairs, and from what is named. */
function own(args: ArgumentReader): Dict {
  const mapping = args.optional('mapping')
  return new Dict([...(mapping === undefined ? [] : pairs(mapping)), ...args.restNamed()])
}

/** RFC 9562, section 5.4: version 4. */
function uuid(random: () => number): string {
  const digit = (count: number) => Math.floor(random() * count)
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replaceAll(/[xy]/g, (place) => (place === 'x' ? digit(16) : 8 + digit(4)).toString(16))
}

function toMoment(value: Value): Moment {
  refuseUndefined(value)
  if (value instanceof Moment) return value
  if (value instanceof Day) return new Moment(BigInt(value.days) * microsPerDay)
  if (value instanceof Span || value === null || typeof value === 'boolean')
    throw new ExpressionError('type', `a ${typeName(value)} is not a time`)
  const moment = parseAnyTime(toText(value)) ?? (typeof value === 'bigint' ? new Moment(value * 1_000_000n) : undefined)
  if (moment === undefined) throw new ExpressionError('type', `"${toText(value)}" is not a time`)
  return inRange(moment.offset === 0 ? moment : new Moment(moment.micros))
}

function extreme(args: ArgumentReader, direction: 1 | -1, budget: Budget): Value {
  const values = args.rest()
  const candidates = values.length === 1 ? iterate(values[0]!) : values
  if (candidates.length === 0) throw new ExpressionError('type', 'max and min want at least one value')
  return candidates.reduce((best, value) => (compare(value, best, budget) * direction > 0 ? value : best))
}

function todayIn(timezone: string, now: number): Day {
  try {
    const parts = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now)
    return dayOf(parseAnyTime(parts)!)
  } catch {
    throw new ExpressionError('type', `"${timezone}" is not a time zone`)
  }
}
