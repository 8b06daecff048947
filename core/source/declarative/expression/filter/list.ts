import { boundedItems, joinBounded } from '../budget.ts'
import { itemAt, iterateAny } from '../iterate.ts'
import { binary } from '../operate.ts'
import { ExpressionError } from '../problem.ts'
import { toText } from '../text.ts'
import { Dict, List, Undefined, type Value } from '../value.ts'
import { type Filter, mismatch, path } from './define.ts'

/** The filters of lists and dicts as wholes. */
export const listFilters: Record<string, Filter> = {
  batch: (value, args) => {
    const size = positive(args.integer('linecount'))
    const fill = args.optional('fill_with')
    const items = iterateAny(value)
    const lists: Value[] = []
    for (let start = 0; start < items.length; start += size) {
      lists.push(List.of([...items.slice(start, start + size), ...filling(fill, start + size - items.length)]))
    }
    return List.of(lists)
  },
  count: (value) => length(value),
  first: (value) => itemAt(iterateAny(value), 0, 'the first of nothing'),
  items: (value) => {
    if (value instanceof Undefined) return List.of([])
    return value instanceof Dict ? List.of(value.entries().map((entry) => List.of(entry, true))) : mismatch('items', value)
  },
  join: (value, args, context) => {
    const separator = toText(args.optional('d') ?? '')
    const name = args.optional('attribute') ?? null
    const items = iterateAny(value).map((item) => (name === null ? item : path(item, name, context)))
    return joinBounded(
      items.map((item) => toText(item, context.budget)),
      separator,
    )
  },
  last: (value) => {
    const items = iterateAny(value)
    return itemAt(items, items.length - 1, 'the last of nothing')
  },
  length: (value) => length(value),
  list: (value) => List.of([...iterateAny(value)]),
  reverse: (value) => (typeof value === 'string' ? [...value].toReversed().join('') : List.of(iterateAny(value).toReversed())),
  slice: (value, args) => {
    const count = positive(args.integer('slices'))
    const fill = args.optional('fill_with')
    boundedItems(count)
    const items = iterateAny(value)
    const size = Math.floor(items.length / count)
    const longer = items.length % count
    let start = 0
    const lists = Array.from({ length: count }, (_, index) => {
      const end = start + size + (index < longer ? 1 : 0)
      const part = items.slice(start, end)
      start = end
      return List.of([...part, ...filling(index >= longer && longer > 0 ? fill : undefined, 1)])
    })
    return List.of(lists)
  },
  sum: (value, args, context) => {
    const name = args.optional('attribute') ?? null
    const start = args.optionalOr('start', 0n)
    return iterateAny(value).reduce(
      (total, item) => binary('+', total, name === null ? item : path(item, name, context), context.budget),
      start,
    )
  },
}

function length(value: Value): bigint {
  if (typeof value === 'string') return BigInt([...value].length)
  if (value instanceof List) return BigInt(value.length)
  if (value instanceof Dict) return BigInt(value.size)
  return value instanceof Undefined ? 0n : mismatch('length', value)
}

function filling(fill: Value | undefined, count: number): Value[] {
  if (fill === undefined || fill === null || count <= 0) return []
  boundedItems(count)
  return Array.from({ length: count }, () => fill)
}

function positive(count: number): number {
  if (count < 1) throw new ExpressionError('type', 'the count must be above 0')
  return count
}
