/*
 * What fields events have had, and with which kinds of value: what the columns of the views are made of.
 * The warehouse holds it all (`events.seen`); a collector keeps a copy in memory to notice what is new.
 */

import { isRawNumber } from './schema.ts'

/** Kinds of value, as far as a column's type depends on them. */
export const kinds = {
  integer: 1, // Fits Int64.
  float: 2,
  boolean: 4,
  string: 8,
  time: 16, // A string that is an ISO 8601 date and time.
  date: 32, // A string that is an ISO 8601 date.
  list: 64,
  large: 128, // An integer beyond Int64.
} as const
export type Kind = keyof typeof kinds

export type SeenField = 'properties' | 'traits' | 'context' | ''

/** A row of `events.seen`. Field and path are empty for the sighting of an event as such. */
export interface SeenRow {
  type: string
  event: string
  field: SeenField
  path: string
  kind: Kind | ''
}

/** Hostile or careless senders make names without end; past these, fields stay in the JSON columns and get no column. */
export const seenLimits = { events: 1000, fields: 400, pathLength: 200, depth: 8 }

/** What was seen under one key: the kinds of its values (a mask), and the keys within. */
interface Node {
  mask: number
  children: Map<string, Node>
}

/** The paths seen in one field of one event: a tree of keys, because to join keys for every value of every event takes longer than all else. */
interface Paths {
  root: Node
  size: number
}

const fields = ['properties', 'traits', 'context'] as const
type Scope = Record<(typeof fields)[number], Paths>

/** What `note` reads of a row of `events.all`. */
interface NotedRow {
  type: string
  event: string | undefined
  properties: object | undefined
  traits: object | undefined
  context: object
}

/** Everything seen so far: `note` and `take` tell what is new to it. */
export class Seen {
  readonly #scopes = new Map<string, Map<string, Scope>>()
  #size = 0

  /** Takes what the warehouse knows, whatever the limits. */
  add(rows: Iterable<SeenRow>): void {
    for (const { type, event, field, path, kind } of rows) {
      const scope = this.#scope(type, event) ?? this.#open(type, event)
      if (field !== '' && kind !== '') learn(scope[field], path.split('.'), kind, Infinity)
    }
  }

  /** All of it. */
  *rows(): Generator<SeenRow> {
    for (const [type, events] of this.#scopes) {
      for (const [event, scope] of events) {
        yield { type, event, field: '', path: '', kind: '' }
        for (const field of fields) for (const [path, kind] of pathsOf(scope[field].root, [])) yield { type, event, field, path, kind }
      }
    }
  }

  /** Notes a row of `events.all`, and adds to `fresh` what had not been seen before. */
  note(row: NotedRow, fresh: SeenRow[]): void {
    const { type } = row
    const event = row.event ?? ''
    const scope = this.#scope(type, event) ?? this.#openNew(type, event, fresh)
    if (scope === undefined) return
    for (const field of fields) {
      const value = row[field] as Record<string, unknown> | undefined
      if (value === undefined) continue
      const paths = scope[field]
      walk(value, paths.root, [], (keys, kind) => {
        const path = pathOf(keys)
        if (path !== undefined && learn(paths, keys, kind, seenLimits.fields)) fresh.push({ type, event, field, path, kind })
      })
    }
  }

  /** Takes the sightings of another, and adds to `fresh` those that are new here too. */
  take(rows: Iterable<SeenRow>, fresh: SeenRow[]): void {
    for (const row of rows) {
      const { type, event, field, path, kind } = row
      const scope = this.#scope(type, event) ?? this.#openNew(type, event, fresh)
      if (scope === undefined || field === '' || kind === '') continue
      if (learn(scope[field], path.split('.'), kind, seenLimits.fields)) fresh.push(row)
    }
  }

  #scope(type: string, event: string): Scope | undefined {
    return this.#scopes.get(type)?.get(event)
  }

  #open(type: string, event: string): Scope {
    const scope: Scope = { properties: noPaths(), traits: noPaths(), context: noPaths() }
    const events = this.#scopes.get(type) ?? new Map<string, Scope>()
    this.#scopes.set(type, events.set(event, scope))
    this.#size += 1
    return scope
  }

  #openNew(type: string, event: string, fresh: SeenRow[]): Scope | undefined {
    if (this.#size >= seenLimits.events) return undefined
    fresh.push({ type, event, field: '', path: '', kind: '' })
    return this.#open(type, event)
  }
}

function noPaths(): Paths {
  return { root: { mask: 0, children: new Map() }, size: 0 }
}

/** Whether this kind of value is new at this path; it is not from now on. Past the limit no path is. */
function learn(paths: Paths, keys: readonly string[], kind: Kind, limit: number): boolean {
  let node: Node | undefined = paths.root
  for (const key of keys) node = node?.children.get(key)
  if (node === undefined || node.mask === 0) {
    if (paths.size >= limit) return false
    paths.size += 1
    node = paths.root
    for (const key of keys) {
      const next: Node = node.children.get(key) ?? { mask: 0, children: new Map() }
      node.children.set(key, next)
      node = next
    }
  }
  if ((node.mask & kinds[kind]) !== 0) return false
  node.mask |= kinds[kind]
  return true
}

/**
 * Visits the values of an object that are not known by `node` with their kind.
 * @param keys where the object stands; the visitor gets the same list, with the value's own key at its end
 */
function walk(value: Record<string, unknown>, node: Node | undefined, keys: string[], visit: (keys: string[], kind: Kind) => void): void {
  for (const key in value) {
    const child = value[key]
    if (child === null || child === undefined) continue
    const known = node?.children.get(key)
    const isObject = typeof child === 'object' && !Array.isArray(child) && !isRawNumber(child)
    const kind = isObject ? undefined : kindOf(child)
    if (kind !== undefined && known !== undefined && (known.mask & kinds[kind]) !== 0) continue
    keys.push(key)
    if (kind !== undefined) visit(keys, kind)
    else if (keys.length < seenLimits.depth) walk(child as Record<string, unknown>, known, keys, visit)
    keys.pop()
  }
}

function* pathsOf(node: Node, keys: readonly string[]): Generator<[string, Kind]> {
  const path = pathOf(keys)
  for (const kind of Object.keys(kinds) as Kind[]) if (path !== undefined && (node.mask & kinds[kind]) !== 0) yield [path, kind]
  for (const [key, child] of node.children) yield* pathsOf(child, [...keys, key])
}

/** What ClickHouse cannot read by its name: no key, and what is its own syntax after a JSON column (a type is .:`T`, an object .^`path`). */
const unreadable = /^(?:$|[:^]`)/

/** Keys joined by dots, a dot within a key as %2E; undefined where that is no name for a column. */
function pathOf(keys: readonly string[]): string | undefined {
  if (keys.some((key) => unreadable.test(key) || key.length > seenLimits.pathLength)) return undefined
  const path = keys
    .map((key) => key.replaceAll('.', '%2E'))
    .join('.')
    .toWellFormed()
  return path.length <= seenLimits.pathLength ? path : undefined
}

const isoTime = /^(?:19|2[01])\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?$/
const isoDate = /^(?:19|2[01])\d\d-\d\d-\d\d$/

function kindOf(value: unknown): Kind {
  if (isRawNumber(value)) return kindOf(Number(value.rawJSON))
  switch (typeof value) {
    case 'number':
      if (!Number.isInteger(value)) return 'float'
      return value >= -(2 ** 63) && value < 2 ** 63 ? 'integer' : 'large'
    case 'boolean':
      return 'boolean'
    case 'string':
      if (value.length === 10) return isoDate.test(value) && isDay(value) ? 'date' : 'string'
      // A look at one character first: most strings are no time.
      return value[4] === '-' && value.length > 15 && value.length < 40 && isoTime.test(value) && isDay(value.slice(0, 10))
        ? 'time'
        : 'string'
    default:
      return 'list'
  }
}

/** Whether the calendar has it: JavaScript, like ClickHouse, takes February 30 for March 1. */
function isDay(text: string): boolean {
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
