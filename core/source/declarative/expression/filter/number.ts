import { isNumber, refuseUndefined } from '../kind.ts'
import { parseFloatText, parseInteger, roundFloat, roundInteger } from '../number.ts'
import { ExpressionError } from '../problem.ts'
import type { Value } from '../value.ts'
import { type Filter, mismatch } from './define.ts'

/** More places than a float has. */
const maxPlaces = 400

export const numberFilters: Record<string, Filter> = {
  abs: (value) => {
    if (typeof value === 'number') return Math.abs(value)
    const integer = typeof value === 'boolean' ? BigInt(value) : value
    return typeof integer === 'bigint' ? (integer < 0n ? -integer : integer) : mismatch('abs', value)
  },
  int: (value, args) => {
    const otherwise = args.optionalOr('default', 0n)
    const base = args.integer('base', 10)
    refuseUndefined(value)
    if (typeof value === 'string') return parseInteger(value, base) ?? whole(parseFloatText(value)) ?? otherwise
    if (typeof value === 'number') return whole(value) ?? otherwise
    return isNumber(value) ? BigInt(value) : otherwise
  },
  float: (value, args) => {
    const otherwise = args.optionalOr('default', 0)
    refuseUndefined(value)
    if (isNumber(value)) return Number(value)
    return typeof value === 'string' ? (parseFloatText(value) ?? otherwise) : otherwise
  },
  round: (value, args) => {
    if (!isNumber(value)) return mismatch('round', value)
    const places = args.integer('precision', 0)
    const method = args.text('method', 'common')
    if (Math.abs(places) > maxPlaces) throw new ExpressionError('limit', 'the precision is too large')
    if (method === 'common') return typeof value === 'number' ? roundFloat(value, places) : roundInteger(BigInt(value), places)
    const factor = 10 ** places
    if (method === 'ceil') return Math.ceil(Number(value) * factor) / factor
    if (method === 'floor') return Math.floor(Number(value) * factor) / factor
    throw new ExpressionError('type', 'the method of round is common, ceil or floor')
  },
}

function whole(value: number | undefined): Value | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : BigInt(Math.trunc(value))
}
