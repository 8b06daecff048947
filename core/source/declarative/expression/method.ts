import { formatTime, isoFormat, isoWeek } from '../time/format.ts'
import { civilDay, Day, floorDiv, microsPerDay, Moment, momentOf, Span } from '../time/moment.ts'
import { ArgumentReader } from './argument.ts'
import { bounded, equals } from './operate.ts'
import { ExpressionError } from './problem.ts'
import { toText } from './text.ts'
import { type Arguments, Callable, Dict, List, typeName, Undefined, type Value } from './value.ts'

type Method<Self> = (self: Self, args: ArgumentReader) => Value

/** An attribute or bound method of a value, as far as Python has it and it is harmless; undefined when there is none. */
export function attribute(value: Value, name: string): Value | undefined {
  if (typeof value === 'string') return bind(textMethods, value, name)
  if (value instanceof Dict) return bind(dictMethods, value, name)
  if (value instanceof List) return bind(listMethods, value, name)
  if (value instanceof Moment) return timeField(value, name) ?? bind(momentMethods, value, name)
  if (value instanceof Day) return dayField(value, name) ?? bind(dayMethods, value, name)
  if (value instanceof Span) return spanField(value, name) ?? bind(spanMethods, value, name)
  return undefined
}

function bind<Self extends Value>(methods: Record<string, Method<Self>>, self: Self, name: string): Value | undefined {
  if (!Object.hasOwn(methods, name)) return undefined
  return new Callable(name, (args: Arguments) => {
    const reader = new ArgumentReader(`${typeName(self)}.${name}()`, args)
    const result = methods[name]!(self, reader)
    reader.end()
    return result
  })
}

const textMethods: Record<string, Method<string>> = {
  split: (self, args) => splitText(self, args.optional('sep') ?? null, args.integer('maxsplit', -1)),
  rsplit: (self, args) => splitRight(self, args.optional('sep') ?? null, args.integer('maxsplit', -1)),
  splitlines: (self) => List.of(self.split(/\r\n|\r|\n/).filter((line, index, all) => index < all.length - 1 || line !== '')),
  partition: (self, args) => {
    const separator = args.text('sep')
    const at = self.indexOf(separator)
    return List.of(at === -1 ? [self, '', ''] : [self.slice(0, at), separator, self.slice(at + separator.length)], true)
  },
  replace: (self, args) => {
    const old = args.text('old')
    const replacement = args.text('new')
    const count = args.integer('count', -1)
    return bounded(
      count < 0
        ? self.replaceAll(old, () => replacement)
        : self.split(old).reduce((text, part, index) => text + (index <= count ? replacement : old) + part),
    )
  },
  lower: (self) => self.toLowerCase(),
  upper: (self) => self.toUpperCase(),
  casefold: (self) => self.toLowerCase(),
  capitalize: (self) => capitalize(self),
  title: (self) => titleCase(self),
  strip: (self, args) => strip(self, args.optional('chars') ?? null, true, true),
  lstrip: (self, args) => strip(self, args.optional('chars') ?? null, true, false),
  rstrip: (self, args) => strip(self, args.optional('chars') ?? null, false, true),
  startswith: (self, args) => affixes(args.required('prefix')).some((prefix) => self.startsWith(prefix)),
  endswith: (self, args) => affixes(args.required('suffix')).some((suffix) => self.endsWith(suffix)),
  removeprefix: (self, args) => {
    const prefix = args.text('prefix')
    return self.startsWith(prefix) ? self.slice(prefix.length) : self
  },
  removesuffix: (self, args) => {
    const suffix = args.text('suffix')
    return suffix !== '' && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self
  },
  find: (self, args) => BigInt(self.indexOf(args.text('sub'))),
  rfind: (self, args) => BigInt(self.lastIndexOf(args.text('sub'))),
  index: (self, args) => {
    const at = self.indexOf(args.text('sub'))
    if (at === -1) throw new ExpressionError('type', 'substring not found')
    return BigInt(at)
  },
  count: (self, args) => BigInt(self.split(args.text('sub')).length - 1),
  join: (self, args) => bounded(iterate(args.required('iterable')).map(joinable).join(self)),
  zfill: (self, args) => {
    const signed = /^[+-]/.test(self) ? 1 : 0
    const width = boundedWidth(args.integer('width'))
    return self.slice(0, signed) + self.slice(signed).padStart(width - signed, '0')
  },
  ljust: (self, args) => self.padEnd(boundedWidth(args.integer('width')), args.text('fillchar', ' ')),
  rjust: (self, args) => self.padStart(boundedWidth(args.integer('width')), args.text('fillchar', ' ')),
  isdigit: (self) => /^\d+$/.test(self),
  isnumeric: (self) => /^\p{N}+$/u.test(self),
  isalpha: (self) => /^\p{L}+$/u.test(self),
  isalnum: (self) => /^[\p{L}\p{N}]+$/u.test(self),
  isspace: (self) => /^\s+$/.test(self),
  islower: (self) => self !== self.toUpperCase() && self === self.toLowerCase(),
  isupper: (self) => self !== self.toLowerCase() && self === self.toUpperCase(),
  format: (self, args) => formatText(self, args),
  encode: (self, args) => {
    args.optional('encoding')
    return self
  },
}

const dictMethods: Record<string, Method<Dict>> = {
  get: (self, args) => {
    const key = args.required('key')
    const fallback = args.optional('default')
    const found = self.get(key)
    return found === undefined ? (fallback ?? null) : found
  },
  items: (self) => List.of(self.entries().map((entry) => List.of(entry, true))),
  keys: (self) => List.of(self.keys()),
  values: (self) => List.of(self.entries().map(([, value]) => value)),
  copy: (self) => new Dict(self.entries()),
  update: (self, args) => {
    const other = args.optional('other')
    if (other instanceof Dict) for (const [key, value] of other.entries()) self.set(key, value)
    return null
  },
}

const listMethods: Record<string, Method<List>> = {
  append: (self, args) => {
    if (self.tuple) throw new ExpressionError('type', 'a tuple has no append')
    if (self.length >= 100_000) throw new ExpressionError('limit', 'the list is too long')
    self.items.push(args.required('object'))
    return null
  },
  index: (self, args) => {
    const wanted = args.required('value')
    const at = self.items.findIndex((item) => equals(item, wanted))
    if (at === -1) throw new ExpressionError('type', 'the value is not in the list')
    return BigInt(at)
  },
  count: (self, args) => {
    const wanted = args.required('value')
    return BigInt(self.items.filter((item) => equals(item, wanted)).length)
  },
}

const momentMethods: Record<string, Method<Moment>> = {
  strftime: (self, args) => formatTime(self, args.text('format')),
  isoformat: (self, args) => isoFormat(self, args.text('sep', 'T')),
  timestamp: (self) => Number(self.micros) / 1e6,
  date: (self) => dayOf(self),
  weekday: (self) => BigInt(self.fields.weekday),
  isoweekday: (self) => BigInt(self.fields.weekday + 1),
  isocalendar: (self) => calendar(self),
  replace: (self, args) => {
    const fields = { ...self.fields }
    for (const name of ['year', 'month', 'day', 'hour', 'minute', 'second'] as const) fields[name] = args.integer(name, fields[name])
    fields.micro = args.integer('microsecond', fields.micro)
    const moment = momentOf(fields, self.offset)
    if (moment === undefined) throw new ExpressionError('type', 'there is no such date')
    return moment
  },
}

const dayMethods: Record<string, Method<Day>> = {
  strftime: (self, args) => formatTime(self, args.text('format')),
  isoformat: (self) => isoFormat(self),
  weekday: (self) => BigInt(self.fields.weekday),
  isoweekday: (self) => BigInt(self.fields.weekday + 1),
  isocalendar: (self) => calendar(self),
  replace: (self, args) => {
    const { year, month, day } = self.fields
    const days = civilDay(args.integer('year', year), args.integer('month', month), args.integer('day', day))
    if (days === undefined) throw new ExpressionError('type', 'there is no such date')
    return new Day(days)
  },
}

const spanMethods: Record<string, Method<Span>> = {
  total_seconds: (self) => Number(self.micros) / 1e6,
}

function timeField(moment: Moment, name: string): Value | undefined {
  const fields = moment.fields
  if (name === 'microsecond') return BigInt(fields.micro)
  if (name === 'year' || name === 'month' || name === 'day' || name === 'hour' || name === 'minute' || name === 'second')
    return BigInt(fields[name])
  return undefined
}

function dayField(day: Day, name: string): Value | undefined {
  return name === 'year' || name === 'month' || name === 'day' ? BigInt(day.fields[name]) : undefined
}

function spanField(span: Span, name: string): Value | undefined {
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

/** The items a for loop or filter goes through: of a list, the keys of a dict, the characters of a text. */
export function iterate(value: Value): Value[] {
  if (value instanceof List) return value.items
  if (value instanceof Dict) return value.keys()
  if (typeof value === 'string') return [...value]
  throw new ExpressionError('type', `a ${typeName(value)} cannot be iterated`)
}

/** The item, or Undefined where there is none. */
export function itemAt(items: readonly Value[], index: number, what: string): Value {
  const item = items[index]
  return item === undefined ? new Undefined(what) : item
}

export function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase()
}

function titleCase(text: string): string {
  return text.toLowerCase().replaceAll(/\p{L}+/gu, (word) => word.slice(0, 1).toUpperCase() + word.slice(1))
}

export function strip(text: string, characters: Value, left: boolean, right: boolean): string {
  const drop = characters === null ? undefined : new Set(toText(characters))
  const isDropped = (character: string) => (drop === undefined ? /\s/.test(character) : drop.has(character))
  let start = 0
  let end = text.length
  if (left) while (start < end && isDropped(text[start]!)) start++
  if (right) while (end > start && isDropped(text[end - 1]!)) end--
  return text.slice(start, end)
}

function splitText(text: string, separator: Value, limit: number): List {
  if (separator === null) {
    const words = text
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '')
    if (limit < 0 || words.length <= limit + 1) return List.of(words)
    const rest = new RegExp(String.raw`^\s*(?:\S+\s+){${limit}}`).exec(text)?.[0].length ?? 0
    return List.of([...words.slice(0, limit), text.slice(rest).trimEnd()])
  }
  const parts = text.split(separatorText(separator))
  return List.of(limit < 0 || parts.length <= limit + 1 ? parts : [...parts.slice(0, limit), parts.slice(limit).join(toText(separator))])
}

function splitRight(text: string, separator: Value, limit: number): List {
  if (separator === null || limit < 0) return splitText(text, separator, -1)
  const parts = text.split(separatorText(separator))
  if (parts.length <= limit + 1) return List.of(parts)
  return List.of([parts.slice(0, parts.length - limit).join(toText(separator)), ...parts.slice(parts.length - limit)])
}

function separatorText(separator: Value): string {
  if (typeof separator !== 'string' || separator === '') throw new ExpressionError('type', 'the separator must be a str that is not empty')
  return separator
}

function affixes(value: Value): string[] {
  return (value instanceof List ? value.items : [value]).map((item) => {
    if (typeof item !== 'string') throw new ExpressionError('type', `a str or tuple of str is wanted, not ${typeName(item)}`)
    return item
  })
}

function joinable(value: Value): string {
  if (typeof value !== 'string') throw new ExpressionError('type', `join wants str items, not ${typeName(value)}`)
  return value
}

function boundedWidth(width: number): number {
  if (width > 10_000) throw new ExpressionError('limit', 'the width is too large')
  return width
}

/** str.format with {} {0} {name}; attributes and format specs are refused, as they reach into objects. */
function formatText(template: string, args: ArgumentReader): string {
  const positional = args.rest()
  let next = 0
  return template.replaceAll(/\{\{|\}\}|\{([^{}]*)\}/g, (whole, field: string | undefined) => {
    if (field === undefined) return whole[0]!
    if (!/^\w*$/.test(field)) throw new ExpressionError('type', `str.format does not support {${field}} here`)
    const value = field === '' ? positional[next++] : /^\d+$/.test(field) ? positional[Number(field)] : args.optional(field)
    if (value === undefined) throw new ExpressionError('type', `str.format has nothing for {${field}}`)
    return toText(value)
  })
}
