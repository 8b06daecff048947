import type { Json } from '../../../lib/json.ts'
import { isoFormat } from '../time/format.ts'
import { Day, Moment, Span } from '../time/moment.ts'
import { bounded } from './budget.ts'
import { ExpressionError } from './problem.ts'

/**
 * A value as Python sees it. Nothing of JavaScript's is reachable from an expression: JSON is wrapped
 * and read key by key (own properties only), and functions are ours.
 *
 * int is bigint, float is number, so that `4 / 2` stays 2.0 and large ids stay exact.
 */
export type Value = null | boolean | string | bigint | number | List | Dict | Moment | Day | Span | Undefined | Callable

/** Jinja's Undefined: prints as nothing, is false, and fails when something is asked of it. */
export class Undefined {
  readonly what: string

  constructor(what: string) {
    this.what = what
  }
}

/** A function or bound method. */
export class Callable {
  readonly name: string
  readonly call: (args: Arguments) => Value

  constructor(name: string, call: (args: Arguments) => Value) {
    this.name = name
    this.call = call
  }
}

export interface Arguments {
  positional: Value[]
  named: Map<string, Value>
}

/** A list or tuple; over JSON it converts an item when it is asked for. */
export class List {
  readonly tuple: boolean
  private json: readonly unknown[] | undefined
  private own: Value[]

  private constructor(json: readonly unknown[] | undefined, own: Value[], tuple: boolean) {
    this.json = json
    this.own = own
    this.tuple = tuple
  }

  static of(items: Value[], tuple = false): List {
    return new List(undefined, items, tuple)
  }

  static fromJson(items: readonly unknown[]): List {
    return new List(items, [], false)
  }

  get length(): number {
    return (this.json ?? this.own).length
  }

  at(index: number): Value {
    return this.json === undefined ? this.own[index]! : fromJson(this.json[index])
  }

  /** All items; changes to a list over JSON never reach the JSON. */
  get items(): Value[] {
    if (this.json !== undefined) {
      this.own = this.json.map(fromJson)
      this.json = undefined
    }
    return this.own
  }
}

/** A dict; over JSON it converts a value when it is asked for. */
export class Dict {
  private json: Record<string, unknown> | undefined
  private own: Map<string, [key: Value, value: Value]> = new Map()

  constructor(entries: Iterable<[Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value)
  }

  static fromJson(json: Record<string, unknown>): Dict {
    const dict = new Dict()
    dict.json = json
    return dict
  }

  get size(): number {
    return this.json === undefined ? this.own.size : Object.keys(this.json).length
  }

  get(key: Value): Value | undefined {
    if (this.json === undefined) return this.own.get(hashKey(key))?.[1]
    return typeof key === 'string' && Object.hasOwn(this.json, key) ? fromJson(this.json[key]) : undefined
  }

  has(key: Value): boolean {
    if (this.json === undefined) return this.own.has(hashKey(key))
    return typeof key === 'string' && Object.hasOwn(this.json, key)
  }

  set(key: Value, value: Value): void {
    const own = this.materialize()
    const hash = hashKey(key)
    // As in Python, an equal key that is there already stays: {1: 'a', true: 'b'} is {1: 'b'}.
    own.set(hash, [own.get(hash)?.[0] ?? key, value])
  }

  /** The value that was there. */
  remove(key: Value): Value | undefined {
    const own = this.materialize()
    const hash = hashKey(key)
    const found = own.get(hash)?.[1]
    own.delete(hash)
    return found
  }

  keys(): Value[] {
    return this.json === undefined ? [...this.own.values()].map(([key]) => key) : Object.keys(this.json)
  }

  entries(): [Value, Value][] {
    return [...this.materialize().values()]
  }

  private materialize(): Map<string, [Value, Value]> {
    if (this.json !== undefined) {
      this.own = new Map(Object.entries(this.json).map(([key, value]) => [hashKey(key), [key, fromJson(value)]]))
      this.json = undefined
    }
    return this.own
  }
}

/** Tuples in tuples, as keys. */
const maxKeyDepth = 8

/** Equal keys hash alike, as in Python: 1, 1.0 and True are one key. */
function hashKey(key: Value, depth = 0): string {
  if (depth > maxKeyDepth) throw new ExpressionError('limit', 'the key is nested too deep')
  if (typeof key === 'string') return `s${key}`
  if (typeof key === 'bigint') return `n${key}`
  if (typeof key === 'boolean') return key ? 'n1' : 'n0'
  if (typeof key === 'number') return Number.isInteger(key) ? `n${BigInt(key)}` : `f${key}`
  if (key === null) return 'none'
  if (key instanceof List && key.tuple) return `t${bounded(JSON.stringify(key.items.map((item) => hashKey(item, depth + 1))))}`
  if (key instanceof Day || key instanceof Moment) return `d${isoFormat(key)}`
  throw new ExpressionError('type', `a ${typeName(key)} cannot be a key`)
}

export function fromJson(json: unknown): Value {
  if (json === null || json === undefined) return null
  if (typeof json === 'string' || typeof json === 'boolean' || typeof json === 'bigint') return json
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json
  if (Array.isArray(json)) return List.fromJson(json)
  if (json instanceof Moment || json instanceof Day || json instanceof Span || json instanceof List || json instanceof Dict) return json
  if (typeof json === 'object') return Dict.fromJson(json as Record<string, unknown>)
  throw new ExpressionError('type', `a ${typeof json} is not a value`)
}

/** Back to JSON; an integer beyond what JSON numbers carry exactly becomes its digits. */
export function toJson(value: Value): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof List) return value.items.map(toJson)
  if (value instanceof Dict) {
    const entries = value
      .entries()
      .map(([key, item]): [string, Json] => [typeof key === 'string' ? key : String(toJson(key)), toJson(item)])
    return Object.fromEntries(entries)
  }
  if (value instanceof Moment || value instanceof Day) return isoFormat(value, ' ')
  if (value instanceof Undefined) return null
  throw new ExpressionError('type', `a ${typeName(value)} cannot be carried as JSON`)
}

/** Python's name of the type, for messages and tests. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float'
  if (value instanceof List) return value.tuple ? 'tuple' : 'list'
  if (value instanceof Dict) return 'dict'
  if (value instanceof Moment) return 'datetime'
  if (value instanceof Day) return 'date'
  if (value instanceof Span) return 'timedelta'
  if (value instanceof Undefined) return 'undefined'
  return 'function'
}
