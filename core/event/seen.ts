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

interface Scope {
  /** Kinds by path, one map a field. */
  fields: Record<Exclude<SeenField, ''>, Map<string, number>>
}

/** Everything seen so far: `note` and `take` tell what is new to it. */
export class Seen {
  readonly #scopes = new Map<string, Scope>()

  /** Takes what the warehouse knows, whatever the limits. */
  add(rows: Iterable<SeenRow>): void {
    for (const { type, event, field, path, kind } of rows) {
      const scope = this.#scope(type, event) ?? this.#open(type, event)
      if (field !== '' && kind !== '') scope.fields[field].set(path, (scope.fields[field].get(path) ?? 0) | kinds[kind])
    }
  }

  /** All of it. */
  *rows(): Generator<SeenRow> {
    for (const [key, scope] of this.#scopes) {
      const [type, event] = key.split('\n') as [string, string]
      yield { type, event, field: '', path: '', kind: '' }
      for (const field of ['properties', 'traits', 'context'] as const) {
        for (const [path, mask] of scope.fields[field])
          for (const kind of Object.keys(kinds) as Kind[]) if ((mask & kinds[kind]) !== 0) yield { type, event, field, path, kind }
      }
    }
  }

  /** Notes a row of `events.all`, and adds to `fresh` what had not been seen before. */
  note(
    row: { type: string; event: string | undefined; properties: object | undefined; traits: object | undefined; context: object },
    fresh: SeenRow[],
  ): void {
    const { type } = row
    const event = row.event ?? ''
    const scope = this.#scope(type, event) ?? this.#openNew(type, event, fresh)
    if (scope === undefined) return
    for (const field of ['properties', 'traits', 'context'] as const) {
      const value = row[field]
      if (value === undefined) continue
      const paths = scope.fields[field]
      walk(value as Record<string, unknown>, '', 1, (path, kind) => {
        if (isNew(paths, path, kind)) fresh.push({ type, event, field, path: path.toWellFormed(), kind })
      })
    }
  }

  /** Takes the sightings of another, and adds to `fresh` those that are new here too. */
  take(rows: Iterable<SeenRow>, fresh: SeenRow[]): void {
    for (const row of rows) {
      const { type, event, field, path, kind } = row
      const scope = this.#scope(type, event) ?? this.#openNew(type, event, fresh)
      if (scope !== undefined && field !== '' && kind !== '' && isNew(scope.fields[field], path, kind)) fresh.push(row)
    }
  }

  #scope(type: string, event: string): Scope | undefined {
    return this.#scopes.get(`${type}\n${event}`)
  }

  #open(type: string, event: string): Scope {
    const scope: Scope = { fields: { properties: new Map(), traits: new Map(), context: new Map() } }
    this.#scopes.set(`${type}\n${event}`, scope)
    return scope
  }

  #openNew(type: string, event: string, fresh: SeenRow[]): Scope | undefined {
    if (this.#scopes.size >= seenLimits.events) return undefined
    fresh.push({ type, event, field: '', path: '', kind: '' })
    return this.#open(type, event)
  }
}

/** Whether this kind of value is new at this path; it is not from now on. */
function isNew(paths: Map<string, number>, path: string, kind: Kind): boolean {
  const known = paths.get(path)
  if (known === undefined ? paths.size >= seenLimits.fields : (known & kinds[kind]) !== 0) return false
  paths.set(path, (known ?? 0) | kinds[kind])
  return true
}

function walk(value: Record<string, unknown>, prefix: string, depth: number, visit: (path: string, kind: Kind) => void): void {
  for (const key in value) {
    const child = value[key]
    if (child === null || child === undefined) continue
    // ClickHouse cannot name an empty key; one that is nothing but a dot or two is no name for a column either.
    if (key === '' || key.length > seenLimits.pathLength) continue
    const segment = key.includes('.') ? key.replaceAll('.', '%2E') : key
    const path = prefix === '' ? segment : `${prefix}.${segment}`
    if (typeof child !== 'object' || Array.isArray(child) || isRawNumber(child)) {
      if (path.length <= seenLimits.pathLength) visit(path, kindOf(child))
    } else if (depth < seenLimits.depth) walk(child as Record<string, unknown>, path, depth + 1, visit)
  }
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
      return value.length > 15 && value.length < 40 && isoTime.test(value) && isDay(value.slice(0, 10)) ? 'time' : 'string'
    default:
      return 'list'
  }
}

/** Whether the calendar has it: JavaScript, like ClickHouse, takes February 30 for March 1. */
function isDay(text: string): boolean {
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
