import { hmac } from '@noble/hashes/hmac.js'
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { ArgumentReader } from './argument.ts'
import { capitalize, itemAt, iterate, strip } from './method.ts'
import { binary, bounded, compare, equals, isNumber, isTrue, percentFormat, refuseUndefined } from './operate.ts'
import { ExpressionError } from './problem.ts'
import { floatText, toText } from './text.ts'
import { type Arguments, Dict, List, toJson, typeName, Undefined, type Value } from './value.ts'

/** What a filter may use of the evaluator: other filters and tests (`map`, `select`), and attribute access. */
export interface FilterContext {
  filter(name: string, value: Value, args: Arguments): Value
  test(name: string, value: Value, args: Arguments): boolean
  item(value: Value, key: Value): Value
}

type Filter = (value: Value, args: ArgumentReader, context: FilterContext) => Value

/** Jinja's built-in filters (documentation, "List of Builtin Filters") and the low-code CDK's own. */
const filters: Record<string, Filter> = {
  abs: (value) => (isNumber(value) ? (Number(value) < 0 ? binary('*', value, -1n) : value) : mismatch('abs', value)),
  base64encode: (value) => base64(new TextEncoder().encode(wantText('base64encode', value))),
  base64decode: (value) => decodeBase64(wantText('base64decode', value)),
  base64binascii_decode: (value) => base64(new TextEncoder().encode(wantText('base64binascii_decode', value))),
  capitalize: (value) => capitalize(toText(value)),
  count: (value) => length(value),
  d: (value, args) => fallback(value, args),
  default: (value, args) => fallback(value, args),
  dictsort: (value, args) => {
    if (!(value instanceof Dict)) return mismatch('dictsort', value)
    const insensitive = !args.flag('case_sensitive', false)
    const index = args.text('by', 'key') === 'value' ? 1 : 0
    const sorted = sort(value.entries(), (entry) => sortKey(entry[index]!, insensitive), args.flag('reverse', false))
    return List.of(sorted.map((entry) => List.of(entry, true)))
  },
  e: (value) => escapeHtml(toText(value)),
  escape: (value) => escapeHtml(toText(value)),
  first: (value) => itemAt(iterate(empty(value)), 0, 'the first of nothing'),
  float: (value, args) => {
    const otherwise = args.optionalOr('default', 0)
    if (isNumber(value)) return Number(value)
    if (typeof value !== 'string') return otherwise
    return parseFloatText(value) ?? otherwise
  },
  format: (value, args) => percentFormat(toText(value), args.rest()),
  hash: (value, args) => {
    const name = args.text('hash_type', 'md5')
    const algorithm = Object.hasOwn(hashes, name) ? hashes[name] : undefined
    if (algorithm === undefined) throw new ExpressionError('unknown', `there is no hash "${name}"`)
    const salt = args.optional('salt')
    return bytesToHex(algorithm(new TextEncoder().encode(toText(value) + (salt === undefined || !isTrue(salt) ? '' : toText(salt)))))
  },
  hmac: (value, args) => {
    const key = toText(args.required('key'))
    if (args.text('hash_type', 'sha256') !== 'sha256') throw new ExpressionError('type', 'hmac knows only sha256')
    return bytesToHex(hmac(sha256, new TextEncoder().encode(key), new TextEncoder().encode(toText(value))))
  },
  int: (value, args) => {
    const otherwise = args.optionalOr('default', 0n)
    const base = args.integer('base', 10)
    if (typeof value === 'bigint') return value
    if (typeof value === 'boolean') return BigInt(value)
    if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : otherwise
    return typeof value === 'string' ? (parseInteger(value, base) ?? otherwise) : otherwise
  },
  items: (value) =>
    value instanceof Dict
      ? List.of(value.entries().map((entry) => List.of(entry, true)))
      : value instanceof Undefined
        ? List.of([])
        : mismatch('items', value),
  join: (value, args, context) => {
    const separator = toText(args.optional('d') ?? '')
    const name = args.optional('attribute')
    const items = iterate(empty(value)).map((item) => (name === undefined || name === null ? item : path(item, name, context)))
    return bounded(items.map(toText).join(separator))
  },
  last: (value) => {
    const items = iterate(empty(value))
    return itemAt(items, items.length - 1, 'the last of nothing')
  },
  length: (value) => length(value),
  list: (value) => List.of([...iterate(empty(value))]),
  lower: (value) => toText(value).toLowerCase(),
  map: (value, args, context) => {
    const name = args.optional('attribute')
    if (name !== undefined && typeof name !== 'string') return mismatch('map', name)
    const rest = args.rest()
    const attributeName = args.optional('attribute')
    const otherwise = args.optional('default')
    if (name !== undefined && rest.length === 0 && attributeName === name) {
      return List.of(iterate(empty(value)).map((item) => orElse(path(item, name, context), otherwise)))
    }
    return List.of(iterate(empty(value)).map((item) => context.filter(name ?? '', item, { positional: rest, named: new Map() })))
  },
  max: (value, args, context) => best(value, args, context, 1),
  min: (value, args, context) => best(value, args, context, -1),
  reject: (value, args, context) => selectItems(value, args, context, false),
  rejectattr: (value, args, context) => selectByAttribute(value, args, context, false),
  replace: (value, args) => {
    const old = toText(args.required('old'))
    const replacement = toText(args.required('new'))
    const count = args.optional('count')
    const parts = toText(value).split(old)
    const limit = typeof count === 'bigint' ? Number(count) : parts.length
    return bounded(parts.reduce((text, part, index) => text + (index <= limit ? replacement : old) + part))
  },
  reverse: (value) => (typeof value === 'string' ? [...value].toReversed().join('') : List.of(iterate(value).toReversed())),
  round: (value, args) => {
    if (!isNumber(value)) return mismatch('round', value)
    const precision = args.integer('precision', 0)
    const method = args.text('method', 'common')
    return typeof value === 'bigint' && method === 'common' && precision >= 0 ? value : round(Number(value), precision, method)
  },
  safe: (value) => value,
  select: (value, args, context) => selectItems(value, args, context, true),
  selectattr: (value, args, context) => selectByAttribute(value, args, context, true),
  sort: (value, args, context) => {
    const reverse = args.flag('reverse', false)
    const insensitive = !args.flag('case_sensitive', false)
    const name = args.optional('attribute')
    const key = (item: Value) => sortKey(name === undefined || name === null ? item : path(item, name, context), insensitive)
    return List.of(sort(iterate(empty(value)), key, reverse))
  },
  // The CDK's own: JSON of anything but a str, in triple quotes so that literal evaluation keeps it a text.
  string: (value) => (typeof value === 'string' ? value : `"""${pythonJson(value)}"""`),
  striptags: (value) =>
    toText(value)
      .replaceAll(/<!--[\s\S]*?-->|<[^<>]*>/g, '')
      .split(/\s+/)
      .filter(Boolean)
      .join(' '),
  sum: (value, args, context) => {
    const name = args.optional('attribute')
    const start = args.optional('start') ?? 0n
    return iterate(empty(value)).reduce(
      (total, item) => binary('+', total, name === undefined || name === null ? item : path(item, name, context)),
      start,
    )
  },
  title: (value) =>
    toText(value)
      .split(/([-\s({[<]+)/)
      .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
      .join(''),
  tojson: (value, args) => {
    const indent = args.optional('indent')
    const text =
      indent === undefined || indent === null
        ? pythonJson(value, true)
        : JSON.stringify(sortKeys(toJson(value)), null, Number(toText(indent)))
    return text
      .replaceAll('<', String.raw`\u003c`)
      .replaceAll('>', String.raw`\u003e`)
      .replaceAll('&', String.raw`\u0026`)
      .replaceAll("'", String.raw`\u0027`)
  },
  trim: (value, args) => strip(toText(value), args.optional('chars') ?? null, true, true),
  truncate: (value, args) => {
    const text = toText(value)
    const size = args.integer('length', 255)
    const whole = args.flag('killwords', false)
    const end = args.text('end', '...')
    if (text.length <= size + args.integer('leeway', 5)) return text
    const cut = text.slice(0, size - end.length)
    return (whole ? cut : cut.includes(' ') ? cut.slice(0, cut.lastIndexOf(' ')) : cut) + end
  },
  unique: (value) => {
    const seen: Value[] = []
    for (const item of iterate(empty(value))) if (!seen.some((other) => equals(sortKey(other, true), sortKey(item, true)))) seen.push(item)
    return List.of(seen)
  },
  upper: (value) => toText(value).toUpperCase(),
  urlencode: (value) => {
    if (typeof value === 'string' || !(value instanceof Dict || value instanceof List)) return quote(toText(value), '/')
    const pairs = value instanceof Dict ? value.entries() : value.items.map((item) => iterate(item) as [Value, Value])
    return pairs
      .map(([key, item]) => `${quote(toText(key), '').replaceAll('%20', '+')}=${quote(toText(item), '').replaceAll('%20', '+')}`)
      .join('&')
  },
  wordcount: (value) => BigInt(toText(value).match(/\w+/g)?.length ?? 0),
}

export const filterNames: ReadonlySet<string> = new Set(Object.keys(filters))

export function applyFilter(name: string, value: Value, args: Arguments, context: FilterContext): Value {
  if (!Object.hasOwn(filters, name)) throw new ExpressionError('unknown', `there is no filter "${name}"`)
  const reader = new ArgumentReader(`the filter ${name}`, args)
  const result = filters[name]!(value, reader, context)
  reader.end()
  return result
}

const hashes: Record<string, (data: Uint8Array) => Uint8Array> = { md5, sha1, sha224, sha256, sha384, sha512 }

function mismatch(name: string, value: Value): never {
  refuseUndefined(value)
  throw new ExpressionError('type', `the filter ${name} does not go with ${typeName(value)}`)
}

function wantText(name: string, value: Value): string {
  return typeof value === 'string' ? value : mismatch(name, value)
}

function empty(value: Value): Value {
  return value instanceof Undefined ? List.of([]) : value
}

function orElse(value: Value, otherwise: Value | undefined): Value {
  return value instanceof Undefined && otherwise !== undefined ? otherwise : value
}

function length(value: Value): bigint {
  if (typeof value === 'string') return BigInt([...value].length)
  if (value instanceof List) return BigInt(value.length)
  if (value instanceof Dict) return BigInt(value.size)
  return value instanceof Undefined ? 0n : mismatch('length', value)
}

function fallback(value: Value, args: ArgumentReader): Value {
  const otherwise = args.optionalOr('default_value', '')
  const whenFalse = args.flag('boolean', false)
  return value instanceof Undefined || (whenFalse && !isTrue(value)) ? otherwise : value
}

/** `a.b.0` as `map(attribute=…)` and its kin read it. */
function path(value: Value, name: Value, context: FilterContext): Value {
  if (typeof name !== 'string') return context.item(value, name)
  return name.split('.').reduce((current: Value, part) => context.item(current, /^\d+$/.test(part) ? BigInt(part) : part), value)
}

function selectItems(value: Value, args: ArgumentReader, context: FilterContext, wanted: boolean): Value {
  const name = args.optional('name')
  const rest = args.rest()
  const passes = (item: Value) =>
    name === undefined ? isTrue(item) : context.test(toText(name), item, { positional: rest, named: new Map() })
  return List.of(iterate(empty(value)).filter((item) => passes(item) === wanted))
}

function selectByAttribute(value: Value, args: ArgumentReader, context: FilterContext, wanted: boolean): Value {
  const attributeName = args.required('attribute')
  const name = args.optional('name')
  const rest = args.rest()
  const passes = (item: Value) => {
    const found = path(item, attributeName, context)
    return name === undefined ? isTrue(found) : context.test(toText(name), found, { positional: rest, named: new Map() })
  }
  return List.of(iterate(empty(value)).filter((item) => passes(item) === wanted))
}

function best(value: Value, args: ArgumentReader, context: FilterContext, direction: 1 | -1): Value {
  const insensitive = !args.flag('case_sensitive', false)
  const name = args.optional('attribute')
  const key = (item: Value) => sortKey(name === undefined || name === null ? item : path(item, name, context), insensitive)
  const items = iterate(empty(value))
  if (items.length === 0) return new Undefined('the best of nothing')
  return items.reduce((winner, item) => (compare(key(item), key(winner)) * direction > 0 ? item : winner))
}

function sortKey(value: Value, insensitive: boolean): Value {
  return insensitive && typeof value === 'string' ? value.toLowerCase() : value
}

function sort<Item>(items: readonly Item[], key: (item: Item) => Value, reverse: boolean): Item[] {
  return items.toSorted((a, b) => (reverse ? compare(key(b), key(a)) : compare(key(a), key(b))))
}

function parseInteger(text: string, base: number): bigint | undefined {
  const trimmed = text.trim().replaceAll(/(?<=\w)_(?=\w)/g, '')
  const body = trimmed.replace(/^[+-]/, '')
  const sign = trimmed.startsWith('-') ? -1n : 1n
  if (body.length > 1000) throw new ExpressionError('limit', 'the number is too long')
  if (base === 10 && /^\d+$/.test(body)) return sign * BigInt(body)
  if (base === 16 && /^(0x)?[\da-f]+$/i.test(body)) return sign * BigInt(`0x${body.replace(/^0x/i, '')}`)
  if (base === 8 && /^(0o)?[0-7]+$/i.test(body)) return sign * BigInt(`0o${body.replace(/^0o/i, '')}`)
  if (base === 2 && /^(0b)?[01]+$/i.test(body)) return sign * BigInt(`0b${body.replace(/^0b/i, '')}`)
  const number = parseFloatText(text)
  return number === undefined || !Number.isFinite(number) ? undefined : BigInt(Math.trunc(number))
}

function parseFloatText(text: string): number | undefined {
  const trimmed = text.trim().replaceAll(/(?<=\d)_(?=\d)/g, '')
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed)
  if (/^[+-]?(inf|infinity)$/i.test(trimmed)) return trimmed.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return /^[+-]?nan$/i.test(trimmed) ? Number.NaN : undefined
}

/** Python's round(): to even at a tie. */
function round(value: number, precision: number, method: string): number {
  if (Math.abs(precision) > 100) throw new ExpressionError('limit', 'the precision is too large')
  const factor = 10 ** precision
  if (method === 'ceil') return Math.ceil(value * factor) / factor
  if (method === 'floor') return Math.floor(value * factor) / factor
  if (precision > 0) return Number(value.toFixed(precision))
  const scaled = value * factor
  const floor = Math.floor(scaled)
  const difference = scaled - floor
  const rounded = difference > 0.5 || (difference === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
  return rounded / factor
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCodePoint(byte)
  return btoa(text)
}

function decodeBase64(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(
      Uint8Array.from(atob(text), (character) => character.codePointAt(0)!),
    )
  } catch {
    throw new ExpressionError('type', 'the text is not base64 of UTF-8')
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;').replaceAll("'", '&#39;')
}

/** urllib.parse.quote(): letters, digits and _.-~ stay, and what `safe` names. */
function quote(text: string, safe: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]|%2F/g, (part) => {
    if (part === '%2F') return safe.includes('/') ? '/' : part
    return `%${part.codePointAt(0)!.toString(16).toUpperCase()}`
  })
}

/** json.dumps(): ASCII only, a space after `:` and `,`. */
function pythonJson(value: Value, sorted = false): string {
  if (value === null || value instanceof Undefined) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number')
    return Number.isFinite(value) ? floatText(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  if (typeof value === 'string') {
    return JSON.stringify(value).replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => String.raw`\u` + unit.codePointAt(0)!.toString(16).padStart(4, '0'),
    )
  }
  if (value instanceof List) return `[${value.items.map((item) => pythonJson(item, sorted)).join(', ')}]`
  if (value instanceof Dict) {
    const entries = value
      .entries()
      .map(([key, item]): [string, string] => [typeof key === 'string' ? key : pythonJson(key), pythonJson(item, sorted)])
    if (sorted) entries.sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, item]) => `${pythonJson(key)}: ${item}`).join(', ')}}`
  }
  throw new ExpressionError('type', `a ${typeName(value)} cannot be carried as JSON`)
}

function sortKeys(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sortKeys)
  if (json === null || typeof json !== 'object') return json
  return Object.fromEntries(
    Object.entries(json)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, sortKeys(value)]),
  )
}
