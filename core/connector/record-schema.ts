import type { JsonObject } from '../lib/json.ts'

/** What a field holds, null always included. `any` leaves the column's type to the values. */
export type FieldType = keyof typeof types

/** Fields of a record by name: what each holds, and what it means. */
export type Fields = Record<string, readonly [type: FieldType, description: string]>

const types = {
  text: { type: ['string', 'null'] },
  integer: { type: ['integer', 'null'] },
  number: { type: ['number', 'null'] },
  boolean: { type: ['boolean', 'null'] },
  /** ISO 8601 with date and time. */
  time: { type: ['string', 'null'], format: 'date-time' },
  date: { type: ['string', 'null'], format: 'date' },
  object: { type: ['object', 'null'] },
  texts: { type: ['array', 'null'], items: { type: 'string' } },
  integers: { type: ['array', 'null'], items: { type: 'integer' } },
  objects: { type: ['array', 'null'], items: { type: 'object' } },
  any: {},
} as const satisfies Record<string, JsonObject>

/** The JSON Schema (2020-12) of records with these fields; others may come, since APIs add some. */
export function recordSchema(fields: Fields): JsonObject {
  const properties = Object.entries(fields).map(([name, [type, description]]): [string, JsonObject] => [
    name,
    { ...(structuredClone(types[type]) as JsonObject), description },
  ])
  return { type: 'object', properties: Object.fromEntries(properties) }
}
