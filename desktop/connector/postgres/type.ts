import { parse as parseArray } from 'postgres-array'
import { z } from 'zod'
import type { Json, JsonObject } from '#core/lib/json.ts'

export const pgTypeSchema = z.object({
  oid: z.number(),
  name: z.string(),
  /** `b` base, `d` domain, `e` enum (PostgreSQL docs, "pg_type"). */
  kind: z.string(),
  /** Of an array its element, of a domain what it is made of; 0 otherwise. */
  element: z.number(),
  modifier: z.number(),
})

type PgType = z.infer<typeof pgTypeSchema>

/** How a column's values stand in a record: the JSON Schema, and the way from the server's text to it. */
export interface ValueType {
  schema: JsonObject
  convert: (text: string) => Json
}

const text: ValueType = { schema: { type: 'string' }, convert: (value) => value }
const integer: ValueType = { schema: { type: 'integer' }, convert: toInteger }
const real: ValueType = { schema: { type: 'number' }, convert: toReal }

const byName: Record<string, ValueType> = {
  bool: { schema: { type: 'boolean' }, convert: (value) => value === 't' },
  int2: integer,
  int4: integer,
  int8: integer,
  oid: integer,
  float4: real,
  float8: real,
  date: { schema: { type: 'string', format: 'date' }, convert: (value) => value },
  timestamp: { schema: { type: 'string', format: 'date-time' }, convert: toIso },
  timestamptz: { schema: { type: 'string', format: 'date-time' }, convert: toIso },
  uuid: { schema: { type: 'string', format: 'uuid' }, convert: (value) => value },
  // Open: a JSON column may hold objects, lists or scalars, and takes the type of what it holds.
  json: { schema: {}, convert: toJson },
  jsonb: { schema: {}, convert: toJson },
  bytea: { schema: { type: 'string', contentEncoding: 'base64' }, convert: toBase64 },
}

/**
 * The database's types. Nothing is lost on the way into JSON: an int8 beyond 2^53 is its text, so is a numeric that
 * a double cannot hold, `infinity` of a date, `NaN` of a number. All that has no JSON of its own (intervals, ranges,
 * composites, geometry, network addresses) is the text that PostgreSQL prints.
 */
export class Types {
  private readonly byOid: ReadonlyMap<number, PgType>

  constructor(types: readonly PgType[]) {
    this.byOid = new Map(types.map((type) => [type.oid, type]))
  }

  /** `modifier` is the column's atttypmod, `dimensions` its attndims. */
  of(oid: number, modifier: number, dimensions = 1): ValueType {
    const type = this.byOid.get(oid)
    if (type === undefined) return text
    if (type.kind === 'd') return this.of(type.element, type.modifier, dimensions)
    if (type.kind === 'a') return this.arrayOf(type, modifier, dimensions)
    if (type.name === 'numeric') return numericOf(modifier)
    return byName[type.name] ?? text
  }

  private arrayOf(type: PgType, modifier: number, dimensions: number): ValueType {
    const element = this.of(type.element, modifier)
    let schema: JsonObject = { type: 'array', items: nullable(element.schema) }
    for (let depth = 1; depth < dimensions; depth++) schema = { type: 'array', items: schema }
    return { schema, convert: (value) => parseArray<Json>(value, element.convert) }
  }
}

/** A schema that admits null too; one that says nothing does so already. */
export function nullable(schema: JsonObject): JsonObject {
  return typeof schema.type === 'string' ? { ...schema, type: [schema.type, 'null'] } : schema
}

/**
 * The modifier holds precision and scale (PostgreSQL source, numeric.c, `make_numeric_typmod`). Any 15 decimal
 * digits survive a double, any 18 an Int64; what may have more is text.
 */
function numericOf(modifier: number): ValueType {
  if (modifier < 4) return text
  const precision = ((modifier - 4) >> 16) & 0xffff
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024
  if (scale === 0 && precision <= 18) return integer
  return scale >= 0 && precision <= 15 ? real : text
}

function toInteger(value: string): Json {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function toReal(value: string): Json {
  const number = Number(value)
  return Number.isFinite(number) ? number : value
}

/** `2026-01-31 10:00:00.5+00` as ISO 8601. `infinity`, and years that ISO's four digits cannot hold, stay as they are. */
function toIso(value: string): Json {
  if (value[10] !== ' ' || value.endsWith('BC')) return value
  return `${value.slice(0, 10)}T${value.slice(11).replace(/\+00$/, 'Z')}`
}

function toJson(value: string): Json {
  return JSON.parse(value, /\d{16}/.test(value) ? (exact as (key: string, value: unknown) => unknown) : undefined) as Json
}

/** A reviver that keeps integers which a double would round as text (ECMAScript, "JSON.parse source text access"). */
function exact(_key: string, item: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  return typeof item === 'number' && !Number.isSafeInteger(item) && source !== undefined && /^-?\d+$/.test(source) ? source : item
}

function toBase64(value: string): Json {
  return Buffer.from(value.slice(2), 'hex').toString('base64')
}
