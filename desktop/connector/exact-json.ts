import type { Json } from '#core/lib/json.ts'

type Reviver = (key: string, value: Json, context: { source?: string }) => Json

/** Digits enough that an integer may be beyond 2^53. */
const longNumber = /\d{16}/

/**
 * Parses JSON whose integers may be beyond 2^53: these become text, digit by digit. The source of a number is what
 * JSON.parse tells its reviver (ECMAScript, "JSON.parse source text access").
 */
export function parseExactJson(text: string): Json {
  if (!longNumber.test(text)) return JSON.parse(text) as Json
  return (JSON.parse as (text: string, reviver: Reviver) => Json)(text, exact)
}

const exact: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source) ? source : value
