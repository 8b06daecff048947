import { iterateAny } from '../iterate.ts'
import { compare } from '../operate.ts'
import { Dict, List, Undefined, type Value } from '../value.ts'
import type { ArgumentReader } from '../argument.ts'
import { type Filter, type FilterContext, fold, keyOf, mismatch, path } from './define.ts'

/** The filters that put in order, or find the first and last of it. */
export const sortFilters: Record<string, Filter> = {
  dictsort: (value, args, context) => {
    if (!(value instanceof Dict)) return mismatch('dictsort', value)
    const insensitive = !args.flag('case_sensitive', false)
    const index = args.text('by', 'key') === 'value' ? 1 : 0
    const isReverse = args.flag('reverse', false)
    const sorted = sort(value.entries(), (entry) => [fold(entry[index]!, insensitive, context.budget)], isReverse, context)
    return List.of(sorted.map((entry) => List.of(entry, true)))
  },
  max: (value, args, context) => best(value, args, context, 1),
  min: (value, args, context) => best(value, args, context, -1),
  sort: (value, args, context) => {
    const isReverse = args.flag('reverse', false)
    const insensitive = !args.flag('case_sensitive', false)
    const name = args.optional('attribute') ?? null
    // Several, as in "a,b": by the first, and where that is the same by the second.
    const names: Value[] = typeof name === 'string' ? name.split(',').map((part) => part.trim()) : [name]
    const keys = (item: Value) => names.map((part) => fold(part === null ? item : path(item, part, context), insensitive, context.budget))
    return List.of(sort(iterateAny(value), keys, isReverse, context))
  },
  unique: (value, args, context) => {
    const key = keyOf(args, context)
    const seen = new Dict()
    return List.of(
      iterateAny(value).filter((item) => {
        const own = key(item)
        if (seen.has(own)) return false
        seen.set(own, true)
        return true
      }),
    )
  },
}

function best(value: Value, args: ArgumentReader, context: FilterContext, direction: 1 | -1): Value {
  const key = keyOf(args, context)
  const items = iterateAny(value)
  if (items.length === 0) return new Undefined('the best of nothing')
  return items.reduce((winner, item) => (compare(key(item), key(winner), context.budget) * direction > 0 ? item : winner))
}

/** Stable, reversed too: what is alike stays in its order. */
function sort<Item>(items: readonly Item[], keys: (item: Item) => Value[], isReverse: boolean, { budget }: FilterContext): Item[] {
  const keyed = items.map((item) => ({ item, keys: keys(item) }))
  const order = (a: { keys: Value[] }, b: { keys: Value[] }) => {
    for (const [index, key] of a.keys.entries()) {
      const result = compare(key, b.keys[index]!, budget)
      if (result !== 0) return result
    }
    return 0
  }
  return keyed.toSorted((a, b) => (isReverse ? order(b, a) : order(a, b))).map(({ item }) => item)
}
