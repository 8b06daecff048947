import { ArgumentReader } from '../argument.ts'
import { ExpressionError } from '../problem.ts'
import { type Arguments, List, type Value } from '../value.ts'
import type { Filter, FilterContext } from './define.ts'
import { encodeFilters } from './encode.ts'
import { listFilters } from './list.ts'
import { numberFilters } from './number.ts'
import { pickFilters } from './pick.ts'
import { sortFilters } from './sort.ts'
import { textFilters } from './text.ts'

/**
 * Jinja's built-in filters (documentation, "List of Builtin Filters") and the low-code CDK's own. Of Jinja's are left out those
 * that make HTML, and groupby, pprint, random, wordwrap, filesizeformat: a manifest that names one is refused.
 */
const filters: Record<string, Filter> = {
  ...encodeFilters,
  ...listFilters,
  ...numberFilters,
  ...pickFilters,
  ...sortFilters,
  ...textFilters,
}

export const filterNames: ReadonlySet<string> = new Set(Object.keys(filters))

export function applyFilter(name: string, value: Value, args: Arguments, context: FilterContext): Value {
  if (!Object.hasOwn(filters, name)) throw new ExpressionError('unknown', `there is no filter "${name}"`)
  if (typeof value === 'string') context.budget.spendText(value)
  else context.budget.spend(value instanceof List ? 1 + value.length : 1)
  const reader = new ArgumentReader(`the filter ${name}`, args)
  const result = filters[name]!(value, reader, context)
  reader.end()
  return result
}
