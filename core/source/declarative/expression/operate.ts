import { addSpan, Day, floorDiv, microsPerDay, Moment, Span } from '../time/moment.ts'
import { type Budget, bounded, boundedDepth, boundedItems, limits } from './budget.ts'
import { isNumber, refuseUndefined } from './kind.ts'
import { percentFormat } from './percent.ts'
import { ExpressionError } from './problem.ts'
import { Dict, List, typeName, Undefined, type Value } from './value.ts'

/** The largest integer that an operator may make. */
const maxBits = 4096

/** datetime.MINYEAR and MAXYEAR: 0001-01-01 to the end of 9999, and no span is longer. */
const firstMicros = -62_135_596_800_000_000n
const lastMicros = 253_402_300_799_999_999n
const maxMonths = 120_000
const maxMicros = lastMicros - firstMicros

/** The moment, where Python has it. */
export function inRange(moment: Moment): Moment {
  if (moment.micros < firstMicros || moment.micros > lastMicros) throw outOfRange()
  return moment
}

function outOfRange(): ExpressionError {
  return new ExpressionError('type', 'the date is not within the years 1 to 9999')
}

export function isTrue(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0n || value === 0) return false
  if (value instanceof List) return value.length > 0
  if (value instanceof Dict) return value.size > 0
  if (value instanceof Span) return value.micros !== 0n || value.months !== 0
  return !(value instanceof Undefined)
}

export function equals(a: Value, b: Value, budget: Budget, depth = 0): boolean {
  boundedDepth(depth)
  budget.spend()
  if (typeof a === 'string' && typeof b === 'string' && a.length === b.length) budget.spendText(a)
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0
  if (a instanceof List && b instanceof List) {
    return a.tuple === b.tuple && a.length === b.length && a.items.every((item, index) => equals(item, b.at(index), budget, depth + 1))
  }
  if (a instanceof Dict && b instanceof Dict) {
    return (
      a.size === b.size &&
      a.entries().every(([key, value]) => {
        const other = b.get(key)
        return other !== undefined && equals(value, other, budget, depth + 1)
      })
    )
  }
  if (a instanceof Moment && b instanceof Moment) return a.micros === b.micros && (a.offset === null) === (b.offset === null)
  if (a instanceof Day && b instanceof Day) return a.days === b.days
  if (a instanceof Span && b instanceof Span) return a.micros === b.micros && a.months === b.months
  if (a instanceof Undefined && b instanceof Undefined) return true
  return a === b
}

/** Negative, zero or positive; a `type` error where Python would not order the two. */
export function compare(a: Value, b: Value, budget: Budget, depth = 0): number {
  boundedDepth(depth)
  budget.spend()
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b, budget)
  if (a instanceof Moment && b instanceof Moment) {
    if ((a.offset === null) !== (b.offset === null))
      throw new ExpressionError('type', 'a time with a zone and one without cannot be ordered')
    return sign(a.micros, b.micros)
  }
  if (a instanceof Day && b instanceof Day) return a.days - b.days
  if (a instanceof Span && b instanceof Span) return sign(a.micros, b.micros)
  if (a instanceof List && b instanceof List && a.tuple === b.tuple) {
    for (let index = 0; index < Math.min(a.length, b.length); index++) {
      if (!equals(a.at(index), b.at(index), budget, depth + 1)) return compare(a.at(index), b.at(index), budget, depth + 1)
    }
    return a.length - b.length
  }
  refuseUndefined(a, b)
  throw new ExpressionError('type', `${typeName(a)} and ${typeName(b)} cannot be ordered`)
}

export function contains(container: Value, item: Value, budget: Budget): boolean {
  if (typeof container === 'string') {
    if (typeof item !== 'string') throw new ExpressionError('type', `"in" a str wants a str, not ${typeName(item)}`)
    budget.spendText(container)
    return container.includes(item)
  }
  if (container instanceof List) return container.items.some((candidate) => equals(candidate, item, budget))
  if (container instanceof Dict) return container.has(item)
  if (container instanceof Undefined) return false
  throw new ExpressionError('type', `a ${typeName(container)} holds nothing`)
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**'

export function binary(operator: BinaryOperator, a: Value, b: Value, budget: Budget): Value {
  refuseUndefined(a, b)
  if (isNumber(a) && isNumber(b)) return arithmetic(operator, a, b)
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return bounded(a + b)
    if (a instanceof List && b instanceof List && a.tuple === b.tuple) {
      boundedItems(a.length + b.length)
      budget.spend(a.length + b.length)
      return List.of([...a.items, ...b.items], a.tuple)
    }
    if (b instanceof Span && (a instanceof Moment || a instanceof Day || a instanceof Span)) return shift(a, b)
    if (a instanceof Span && (b instanceof Moment || b instanceof Day)) return shift(b, a)
  }
  if (operator === '-') {
    if (b instanceof Span && (a instanceof Moment || a instanceof Day || a instanceof Span)) return shift(a, b.negated())
    if (a instanceof Moment && b instanceof Moment) return new Span(0, a.micros - b.micros)
    if (a instanceof Day && b instanceof Day) return new Span(0, BigInt(a.days - b.days) * microsPerDay)
  }
  if (operator === '*') {
    if (typeof b === 'bigint' || typeof b === 'boolean') return repeat(a, Number(b), budget)
    if (typeof a === 'bigint' || typeof a === 'boolean') return repeat(b, Number(a), budget)
  }
  if (operator === '%' && typeof a === 'string') return percentFormat(a, b, budget)
  if (a instanceof Span && a.months === 0 && (operator === '/' || operator === '//')) {
    if (b instanceof Span && b.months === 0 && b.micros !== 0n) {
      return operator === '/' ? Number(a.micros) / Number(b.micros) : floorDiv(a.micros, b.micros)
    }
    if (typeof b === 'bigint' && b !== 0n) return new Span(0, floorDiv(a.micros, b))
  }
  throw new ExpressionError('type', `${operator} does not go with ${typeName(a)} and ${typeName(b)}`)
}

export function negate(value: Value): Value {
  refuseUndefined(value)
  if (typeof value === 'bigint') return -value
  if (typeof value === 'boolean') return value ? -1n : 0n
  if (typeof value === 'number') return -value
  if (value instanceof Span) return value.negated()
  throw new ExpressionError('type', `- does not go with ${typeName(value)}`)
}

function arithmetic(operator: BinaryOperator, a: bigint | number | boolean, b: bigint | number | boolean): Value {
  if (typeof a === 'number' || typeof b === 'number' || operator === '/') return floatArithmetic(operator, Number(a), Number(b))
  const x = BigInt(a)
  const y = BigInt(b)
  if ((operator === '//' || operator === '%') && y === 0n) throw new ExpressionError('type', 'division by zero')
  switch (operator) {
    case '+':
      return boundedInteger(x + y)
    case '-':
      return boundedInteger(x - y)
    case '*':
      return boundedInteger(x * y)
    case '//':
      return floorDiv(x, y)
    case '%':
      return x - floorDiv(x, y) * y
    case '**':
      if (y < 0n) return Number(x) ** Number(y)
      if (y * BigInt(x.toString(2).length) > maxBits) throw new ExpressionError('limit', 'the power is too large')
      return x ** y
  }
}

function floatArithmetic(operator: BinaryOperator, a: number, b: number): Value {
  if ((operator === '/' || operator === '//' || operator === '%') && b === 0) throw new ExpressionError('type', 'division by zero')
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '//':
      return floatFloor(a, b)
    case '%':
      return floatRest(a, b)
    case '**':
      return a ** b
  }
}

/** Of the sign of the divisor, and exact, as CPython's float_rem is. */
function floatRest(a: number, b: number): number {
  const rest = a % b
  if (rest === 0) return b < 0 ? -0 : 0
  return rest < 0 !== b < 0 ? rest + b : rest
}

function floatFloor(a: number, b: number): number {
  const quotient = (a - floatRest(a, b)) / b
  if (quotient === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0
  const floor = Math.floor(quotient)
  return quotient - floor > 0.5 ? floor + 1 : floor
}

function boundedInteger(value: bigint): bigint {
  if (value > 1n << BigInt(maxBits) || -value > 1n << BigInt(maxBits)) throw new ExpressionError('limit', 'the number is too large')
  return value
}

function repeat(value: Value, count: number, budget: Budget): Value {
  const times = Math.max(0, count)
  if (typeof value === 'string') {
    if (value.length * times > limits.text) throw new ExpressionError('limit', `a text may have at most ${limits.text} characters`)
    return value.repeat(times)
  }
  if (value instanceof List) {
    boundedItems(value.length * times)
    budget.spend(value.length * times)
    return List.of(Array.from({ length: times }, () => value.items).flat(), value.tuple)
  }
  if (value instanceof Span) return new Span(value.months * count, value.micros * BigInt(count))
  throw new ExpressionError('type', `* does not go with ${typeName(value)}`)
}

function shift(value: Moment | Day | Span, span: Span): Value {
  if (value instanceof Span) return new Span(value.months + span.months, value.micros + span.micros)
  if (Math.abs(span.months) > maxMonths || span.micros > maxMicros || -span.micros > maxMicros) throw outOfRange()
  if (value instanceof Moment) return inRange(addSpan(value, span))
  const moved = addSpan(
    new Moment(BigInt(value.days) * microsPerDay, null),
    new Span(span.months, floorDiv(span.micros, microsPerDay) * microsPerDay),
  )
  return new Day(Number(floorDiv(inRange(moved).micros, microsPerDay)))
}

function compareNumbers(a: bigint | number | boolean, b: bigint | number | boolean): number {
  const x = typeof a === 'boolean' ? BigInt(a) : a
  const y = typeof b === 'boolean' ? BigInt(b) : b
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : Number.NaN
}

/** Python orders by code point, JavaScript by UTF-16 unit; they differ where a surrogate meets U+E000 and above. */
function compareText(a: string, b: string, budget: Budget): number {
  const shorter = Math.min(a.length, b.length)
  let index = 0
  while (index < shorter && a.charCodeAt(index) === b.charCodeAt(index)) index++
  budget.spend(Math.floor(index / 16))
  if (index === shorter) return a.length - b.length
  const left = a.charCodeAt(index)
  const right = b.charCodeAt(index)
  if (isSurrogate(left) !== isSurrogate(right)) return isSurrogate(left) ? 1 : -1
  return left - right
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

function sign(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
