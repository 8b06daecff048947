import { MillraceError } from '../lib/error.ts'
import { fail, ok, type Result } from '../lib/result.ts'

// What JSON.parse may not carry exactly, where a number stands: 16 digits and more, and exponents that may pass 2^64 or
// 1e308. Ids in quotes, which are full of digits, do not match.
const suspicious = /(?:^|[:,[\s])-?(?:\d{16}|[\d.]+[eE]\+?\d{2})/

/** Parses with the source text at hand (TC39 "JSON.parse source text access"; in V8, not yet in TypeScript's library). */
type Revive = (key: string, value: unknown, context: { source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, revive: Revive) => unknown
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/**
 * JSON.parse that keeps large numbers: an integer that a double cannot hold stays as it was written when it fits
 * ClickHouse's Int64 or UInt64, and becomes a string otherwise, because its JSON type refuses it.
 * The result is meant to be written with JSON.stringify.
 */
export function parseJson(text: string): Result<unknown> {
  try {
    return ok(suspicious.test(text) ? parseWithSource(text, keepNumber) : JSON.parse(text))
  } catch (cause) {
    const deep = cause instanceof RangeError
    return fail(
      new MillraceError({
        code: deep ? 'too-deep' : 'malformed-json',
        fault: 'config',
        message: deep ? 'The body is nested too deeply.' : `The body is not JSON: ${(cause as Error).message}.`,
      }),
    )
  }
}

function keepNumber(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined) return value
  if (!Number.isFinite(value)) return source
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value
  if (!/^-?\d+$/.test(source)) return Math.abs(value) < 1e21 ? rawJson(value.toExponential()) : value
  const exact = BigInt(source)
  return exact >= -(2n ** 63n) && exact < 2n ** 64n ? rawJson(source) : source
}
