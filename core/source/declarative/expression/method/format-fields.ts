import type { ArgumentReader } from '../argument.ts'
import { type Budget, joinBounded } from '../budget.ts'
import { formatNumber, formatText, parseSpec } from '../format-spec.ts'
import { isNumber } from '../kind.ts'
import { ExpressionError } from '../problem.ts'
import { represent, toText } from '../text.ts'
import { Dict, List, type Value } from '../value.ts'
import type { Reach } from './define.ts'

const token = /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::([^{}]*))?\}|[{}]/g

/**
 * str.format: `{}`, `{0}`, `{name}`, each with `.attribute`, `[key]`, a conversion and a specification. Attributes are those that
 * an expression reaches, and no others. A specification within a specification is refused.
 */
export function formatFields(template: string, args: ArgumentReader, budget: Budget, attribute: Reach): string {
  const positional = args.rest()
  const named = new Map(args.restNamed())
  const parts: string[] = []
  let next = 0
  let end = 0
  for (const match of template.matchAll(token)) {
    const [whole, field, conversion, spec] = match
    parts.push(template.slice(end, match.index))
    end = match.index + whole.length
    if (field === undefined) {
      if (whole.length === 1) throw new ExpressionError('type', `a single ${whole} stands in the format`)
      parts.push(whole[0]!)
      continue
    }
    const [, name, path] = /^([^.[]*)(.*)$/s.exec(field)!
    const base = name === '' ? positional[next++] : /^\d+$/.test(name!) ? positional[Number(name)] : named.get(name!)
    if (base === undefined) throw new ExpressionError('type', `str.format has nothing for {${field}}`)
    const value = reach(base, path!, attribute)
    parts.push(
      write(conversion === undefined ? value : conversion === 's' ? toText(value, budget) : represent(value, budget), spec ?? '', budget),
    )
  }
  return joinBounded([...parts, template.slice(end)])
}

function write(value: Value, spec: string, budget: Budget): string {
  if (spec === '') return toText(value, budget)
  if (isNumber(value)) return formatNumber(value, parseSpec(spec))
  if (typeof value === 'string') return formatText(value, parseSpec(spec))
  throw new ExpressionError('type', 'a format specification wants a text or a number')
}

/** `.name` and `[key]`, one after the other. */
function reach(start: Value, path: string, attribute: Reach): Value {
  const steps = [...path.matchAll(/\.(\w+)|\[([^\]]*)\]/g)]
  if (steps.map(([step]) => step).join('') !== path) throw new ExpressionError('type', `${path} is not a path within a format`)
  return steps.reduce((value: Value, [step, name, key]) => {
    const found = name !== undefined ? attribute(value, name) : item(value, key!)
    if (found === undefined) throw new ExpressionError('type', `there is no ${step} in a format`)
    return found
  }, start)
}

function item(value: Value, key: string): Value | undefined {
  if (value instanceof Dict) return value.get(/^\d+$/.test(key) ? BigInt(key) : key)
  return value instanceof List && /^\d+$/.test(key) ? value.items[Number(key)] : undefined
}
