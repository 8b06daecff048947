import { ExpressionError } from './problem.ts'

/** The longest text that is read as a number, and the most digits after the point. */
const maxDigits = 1000
const maxPlaces = 99

/** int(text, base): the digits of a base from 2 to 36 with its prefix, or of any by its prefix for base 0. */
export function parseInteger(text: string, base: number): bigint | undefined {
  const trimmed = text.trim()
  if (trimmed.length > maxDigits) throw new ExpressionError('limit', 'the number is too long')
  const match = /^([+-]?)(0[xob])?_?([\da-z]+(?:_[\da-z]+)*)$/i.exec(trimmed)
  if (match === null) return undefined
  const [, sign, prefix, body] = match
  const prefixBase = prefix === undefined ? undefined : { x: 16, o: 8, b: 2 }[prefix[1]!.toLowerCase()]
  const digits = prefix !== undefined && (base === prefixBase || base === 0) ? body! : (prefix ?? '') + body!
  const radix = base === 0 ? (prefixBase ?? 10) : base
  if (radix < 2 || radix > 36 || (base === 0 && prefix === undefined && /^0+[1-9]/.test(digits))) return undefined
  let value = 0n
  for (const character of digits.replaceAll('_', '').toLowerCase()) {
    const digit = Number.parseInt(character, 36)
    if (digit >= radix) return undefined
    value = value * BigInt(radix) + BigInt(digit)
  }
  return sign === '-' ? -value : value
}

/** float(text). */
export function parseFloatText(text: string): number | undefined {
  const trimmed = text.trim()
  if (trimmed.length > maxDigits) return undefined
  if (/^[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$/i.test(trimmed)) return Number(trimmed.replaceAll('_', ''))
  if (/^[+-]?inf(inity)?$/i.test(trimmed)) return trimmed.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return /^[+-]?nan$/i.test(trimmed) ? Number.NaN : undefined
}

/** '%.nf': the exact value rounded to so many places, to even at a tie (JavaScript's toFixed rounds a tie up). */
export function fixed(value: number, places: number): string {
  if (places > maxPlaces) throw new ExpressionError('limit', 'the precision is too large')
  const size = Math.abs(value)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (size >= 1e21) return `${sign}${BigInt(size)}${places === 0 ? '' : `.${'0'.repeat(places)}`}`
  const exact = size.toFixed(100)
  const cut = exact.indexOf('.') + 1 + places
  const isTie = exact[cut] === '5' && /^0*$/.test(exact.slice(cut + 1))
  if (!isTie) return sign + size.toFixed(places)
  const below = exact.slice(0, cut).replace(/\.$/, '')
  return sign + (Number(below.at(-1)) % 2 === 0 ? below : size.toFixed(places))
}

/** round(float, places). */
export function roundFloat(value: number, places: number): number {
  if (!Number.isFinite(value) || (Number.isInteger(value) && places >= 0)) return value
  if (places >= 0) return places > maxPlaces ? value : Number(fixed(value, places))
  const factor = 10 ** -places
  return places < -308 ? 0 : toEven(value / factor) * factor
}

/** round(int, places): an int, at negative places too. */
export function roundInteger(value: bigint, places: number): bigint {
  if (places >= 0) return value
  if (places < -maxDigits) return 0n
  const factor = 10n ** BigInt(-places)
  const size = value < 0n ? -value : value
  const below = (size / factor) * factor
  const twice = (size - below) * 2n
  const isUp = twice > factor || (twice === factor && (below / factor) % 2n === 1n)
  const rounded = isUp ? below + factor : below
  return value < 0n ? -rounded : rounded
}

function toEven(value: number): number {
  const floor = Math.floor(value)
  const difference = value - floor
  return difference > 0.5 || (difference === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
}
