import type { Json, JsonObject } from '#core/lib/json.ts'

/** JSON as JSON.parse has it, but that a number which a double would round is kept as its text. Throws SyntaxError. */
export function parseJson(text: string): Json {
  // Fewer digits are always held exactly, and a reviver is slow.
  if (!/\d{16}|\d\.\d{15}/.test(text)) return JSON.parse(text) as Json
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) as Json
}

/** The third argument is the source text (ECMAScript proposal "JSON.parse source text access", in V8 since 11.4). */
function keepDigits(_key: string, value: Json, context: { source?: string }): Json {
  const { source } = context
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value
  if (Number.isInteger(value) && /^-?\d+$/.test(source)) return source
  const digits = source.replace(/e.*/i, '').replaceAll(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '')
  return digits.length > 17 ? source : value
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
