import type { Budget } from './budget.ts'
import { joinBounded } from './budget.ts'
import { formatNumber, type FormatSpec, formatText } from './format-spec.ts'
import { isNumber, refuseUndefined } from './kind.ts'
import { ExpressionError } from './problem.ts'
import { represent, toText } from './text.ts'
import { Dict, List, typeName, type Value } from './value.ts'

const conversion = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d{0,5})(?:\.(\d{0,3}))?([a-zA-Z%])/g

/** printf-style formatting, as `'%05.2f' % x` and the filter `format` use it (Python, "printf-style String Formatting"). */
export function percentFormat(format: string, argument: Value, budget: Budget): string {
  refuseUndefined(argument)
  const values = argument instanceof List && argument.tuple ? argument.items : [argument]
  const parts: string[] = []
  let next = 0
  let end = 0
  for (const match of format.matchAll(conversion)) {
    const [whole, name, flags, width, precision, kind] = match as unknown as [
      string,
      string | undefined,
      string,
      string,
      string | undefined,
      string,
    ]
    refuseStray(format.slice(end, match.index))
    parts.push(format.slice(end, match.index))
    end = match.index + whole.length
    if (kind === '%') {
      parts.push('%')
      continue
    }
    if (width === '*') throw new ExpressionError('unknown', 'a width of * is not supported')
    let value: Value
    if (name === undefined) {
      if (next >= values.length) throw new ExpressionError('type', 'not enough arguments for the format')
      value = values[next++]!
    } else {
      const found = argument instanceof Dict ? argument.get(name) : undefined
      if (found === undefined) throw new ExpressionError('type', `there is no "${name}" for the format`)
      next = values.length
      value = found
    }
    parts.push(convert(value, kind, specOf(flags, width, precision, kind), budget))
  }
  refuseStray(format.slice(end))
  parts.push(format.slice(end))
  // What has items is taken for a mapping, a list too.
  const isMapping = argument instanceof Dict || (argument instanceof List && !argument.tuple)
  if (next < values.length && !isMapping) throw new ExpressionError('type', 'not all arguments were used by the format')
  return joinBounded(parts)
}

function convert(value: Value, kind: string, spec: FormatSpec, budget: Budget): string {
  if (kind === 's' || kind === 'r' || kind === 'a') {
    const text = kind === 's' ? toText(value, budget) : represent(value, budget)
    return formatText(text, { ...spec, type: 's' })
  }
  if (kind === 'c' && typeof value === 'string' && [...value].length === 1)
    return formatText(value, { ...spec, type: 's', precision: undefined })
  if (!isNumber(value)) throw new ExpressionError('type', `%${kind} wants a number, not ${typeName(value)}`)
  if ('diu'.includes(kind)) {
    const number = typeof value === 'number' ? wholePart(value) : BigInt(value)
    return formatNumber(number, { ...spec, type: 'd', precision: undefined })
  }
  if ('xXoc'.includes(kind) && typeof value === 'number') throw new ExpressionError('type', `%${kind} wants an int, not float`)
  if (!'xXoceEfFgG'.includes(kind)) throw new ExpressionError('type', `%${kind} is no conversion`)
  return formatNumber('eEfFgG'.includes(kind) ? Number(value) : value, spec)
}

function specOf(flags: string, width: string, precision: string | undefined, kind: string): FormatSpec {
  const isLeft = flags.includes('-')
  const isZero = flags.includes('0') && !isLeft && !'src'.includes(kind)
  return {
    fill: isZero ? '0' : ' ',
    align: isLeft ? '<' : isZero ? '=' : '>',
    sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '-',
    alternate: flags.includes('#'),
    width: Number(width),
    grouping: '',
    precision: precision === undefined ? undefined : Number(precision),
    type: kind,
  }
}

function wholePart(value: number): bigint {
  if (!Number.isFinite(value)) throw new ExpressionError('type', 'inf and nan are no int')
  return BigInt(Math.trunc(value))
}

function refuseStray(text: string): void {
  if (text.includes('%')) throw new ExpressionError('type', 'the format has a % that converts nothing')
}
