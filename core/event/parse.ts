import { MillraceError } from '../lib/error.ts'

/** Parses with the source text at hand (TC39 "JSON.parse source text access"; in V8, not yet in TypeScript's library). */
type Revive = (key: string, value: unknown, context: { source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, revive: Revive) => unknown
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/** Levels that no event may be nested deeper: ClickHouse parses 1,000 by default and reads far fewer comfortably; no real event comes near. */
export const maxDepth = 64

/** `deep`: something in it may lie deeper than `maxDepth`. */
export type Parsed = { ok: true; value: unknown; deep: boolean } | { ok: false; error: MillraceError }

/**
 * JSON.parse that keeps large numbers: an integer that a double cannot hold stays as it was written when it fits
 * ClickHouse's Int64 or UInt64, and becomes a string otherwise, because its JSON type refuses it.
 * The result is meant to be written with JSON.stringify.
 */
export function parseJson(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text)
    const found = typeof value === 'object' && value !== null ? scan(value, 1) : isExact(value) ? 0 : inexact
    return { ok: true, value: (found & inexact) === 0 ? value : parseWithSource(text, keepNumber), deep: (found & deep) !== 0 }
  } catch (cause) {
    const tooDeep = cause instanceof RangeError
    return {
      ok: false,
      error: new MillraceError({
        code: tooDeep ? 'too-deep' : 'malformed-json',
        fault: 'config',
        message: tooDeep ? 'The body is nested too deeply.' : `The body is not JSON: ${(cause as Error).message}.`,
      }),
    }
  }
}

const deep = 1
const inexact = 2

/** How deep it looks for numbers: an event stands within a list within the body. */
const maxScanned = maxDepth + 6

/** What of `deep` and `inexact` is found in a value at this level; so it recurses no deeper than that, however hostile the input. */
function scan(value: object, level: number): number {
  let found = level > maxDepth ? deep : 0
  if (level > maxScanned) return found
  if (Array.isArray(value)) for (const child of value) found |= scanOne(child, level)
  else for (const key in value) found |= scanOne((value as Record<string, unknown>)[key], level)
  return found
}

function scanOne(child: unknown, level: number): number {
  if (typeof child === 'object') return child === null ? 0 : scan(child, level + 1)
  return isExact(child) ? 0 : inexact
}

/** False for a number that a double may not hold as it was written: 2^53 and larger, either way. */
function isExact(value: unknown): boolean {
  return typeof value !== 'number' || (value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER)
}

function keepNumber(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined) return value
  if (!Number.isFinite(value)) return source
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value
  if (!/^-?\d+$/.test(source)) return Math.abs(value) < 1e21 ? rawJson(value.toExponential()) : value
  const exact = BigInt(source)
  return exact >= -(2n ** 63n) && exact < 2n ** 64n ? rawJson(source) : source
}
