import { bounded } from './budget.ts'
import { fixed } from './number.ts'
import { ExpressionError } from './problem.ts'
import { floatText } from './text.ts'
import { typeName, type Value } from './value.ts'

/** The widest field. */
const maxWidth = 10_000

/** How a value is to be written: Python's format specification, and what printf's conversions come to. */
export interface FormatSpec {
  fill: string
  align: '<' | '>' | '=' | '^' | undefined
  sign: '+' | '-' | ' '
  alternate: boolean
  width: number
  grouping: '' | ',' | '_'
  precision: number | undefined
  type: string
}

const pattern = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d{1,6})?([,_])?(?:\.(\d{1,4}))?([a-zA-Z%])?$/su

/** Python documentation, "Format Specification Mini-Language". */
export function parseSpec(text: string): FormatSpec {
  const match = pattern.exec(text)
  if (match === null) throw new ExpressionError('type', `"${text}" is no format specification`)
  const [, fill, align, sign, alternate, zero, width, grouping, precision, type] = match
  return {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: (align ?? (zero === undefined ? undefined : '=')) as FormatSpec['align'],
    sign: (sign ?? '-') as FormatSpec['sign'],
    alternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping: (grouping ?? '') as FormatSpec['grouping'],
    precision: precision === undefined ? undefined : Number(precision),
    type: type ?? '',
  }
}

/** Writes a text, or a number, by the specification. */
export function formatText(text: string, spec: FormatSpec): string {
  if (spec.type !== '' && spec.type !== 's') throw mismatch(spec.type, text)
  const shown = spec.precision === undefined ? text : [...text].slice(0, spec.precision).join('')
  return pad('', shown, spec, spec.align === '=' ? '<' : (spec.align ?? '<'))
}

export function formatNumber(value: bigint | number | boolean, spec: FormatSpec): string {
  const number = typeof value === 'boolean' ? BigInt(value) : value
  const isInteger = typeof number === 'bigint'
  const negative = isInteger ? number < 0n : number < 0 || Object.is(number, -0)
  const body =
    isInteger && '' !== spec.type && 'bcdoxXn'.includes(spec.type)
      ? integerBody(number < 0n ? -number : number, spec)
      : numberBody(number, spec)
  const sign = negative ? '-' : spec.sign === '-' ? '' : spec.sign
  return pad(sign, group(body, spec), spec, spec.align ?? '>')
}

function numberBody(number: bigint | number, spec: FormatSpec): string {
  if (typeof number === 'bigint' && spec.type === '') return String(number < 0n ? -number : number)
  const size = Math.abs(Number(number))
  if (!Number.isFinite(size)) return floatText(size)
  switch (spec.type) {
    case 'f':
    case 'F':
      return fixed(size, spec.precision ?? 6)
    case '%':
      return `${fixed(size * 100, spec.precision ?? 6)}%`
    case 'e':
    case 'E':
      return upper(exponential(size, spec.precision ?? 6), spec)
    case 'g':
    case 'G':
      return upper(general(size, spec.precision ?? 6, spec.alternate), spec)
    case '':
      return spec.precision === undefined ? floatText(size) : general(size, spec.precision, false)
    default:
      throw mismatch(spec.type, number)
  }
}

function integerBody(size: bigint, spec: FormatSpec): string {
  switch (spec.type) {
    case 'c':
      if (size > 0x10ffffn) throw mismatch('c', size)
      return String.fromCodePoint(Number(size))
    case 'b':
      return (spec.alternate ? '0b' : '') + size.toString(2)
    case 'o':
      return (spec.alternate ? '0o' : '') + size.toString(8)
    case 'x':
      return (spec.alternate ? '0x' : '') + size.toString(16)
    case 'X':
      return (spec.alternate ? '0X' : '') + size.toString(16).toUpperCase()
    default:
      return String(size)
  }
}

function exponential(size: number, places: number): string {
  const [mantissa, exponent] = size.toExponential(Math.min(places, 100)).split('e') as [string, string]
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
}

/** 'g': so many significant digits, an exponent where it is below -4 or not below their number; no trailing zeros. */
function general(size: number, precision: number, keepsZeros: boolean): string {
  const digits = Math.max(1, Math.min(precision, 100))
  const exponent = size === 0 ? 0 : Number(size.toExponential(digits - 1).split('e')[1])
  const text = exponent < -4 || exponent >= digits ? exponential(size, digits - 1) : fixed(size, Math.max(0, digits - 1 - exponent))
  return keepsZeros ? text : text.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '')
}

function upper(text: string, spec: FormatSpec): string {
  return /[A-Z]/.test(spec.type) ? text.toUpperCase() : text
}

function group(body: string, spec: FormatSpec): string {
  if (spec.grouping === '') return body
  const match = /^(\d+)(.*)$/s.exec(body)
  return match === null ? body : match[1]!.replaceAll(/\B(?=(\d{3})+$)/g, spec.grouping) + match[2]!
}

function pad(sign: string, body: string, spec: FormatSpec, align: FormatSpec['align']): string {
  if (spec.width > maxWidth) throw new ExpressionError('limit', 'the width is too large')
  const missing = Math.max(0, spec.width - [...sign, ...body].length)
  const left = align === '<' ? 0 : align === '^' ? Math.floor(missing / 2) : missing
  if (align === '=') return sign + spec.fill.repeat(missing) + body
  return bounded(spec.fill.repeat(left) + sign + body + spec.fill.repeat(missing - left))
}

function mismatch(type: string, value: Value): ExpressionError {
  return new ExpressionError('type', `the format "${type}" does not go with ${typeName(value)}`)
}
