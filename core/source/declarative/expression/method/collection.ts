import { boundedItems } from '../budget.ts'
import type { ArgumentReader } from '../argument.ts'
import { iterate } from '../iterate.ts'
import { compare, equals, isTrue } from '../operate.ts'
import { ExpressionError } from '../problem.ts'
import { Dict, List, type Value } from '../value.ts'
import type { Method } from './define.ts'

/** The methods of dicts and lists. Those that change it do so: templates build lists with `append`. Nothing reaches the JSON it is made of. */
export const dictMethods: Record<string, Method<Dict>> = {
  get: (self, args, budget) => {
    const key = args.required('key')
    if (typeof key === 'string') budget.spendText(key)
    const fallback = args.optional('default')
    const found = self.get(key)
    return found === undefined ? (fallback ?? null) : found
  },
  items: (self) => List.of(self.entries().map((entry) => List.of(entry, true))),
  keys: (self) => List.of(self.keys()),
  values: (self) => List.of(self.entries().map(([, value]) => value)),
  copy: (self) => new Dict(self.entries()),
  update: (self, args) => {
    const other = args.optional('other')
    if (other !== undefined) for (const [key, value] of pairs(other)) self.set(key, value)
    for (const [key, value] of args.restNamed()) self.set(key, value)
    boundedItems(self.size)
    return null
  },
  pop: (self, args) => {
    const key = args.required('key')
    const fallback = args.optional('default')
    const found = self.remove(key) ?? fallback
    if (found === undefined) throw new ExpressionError('type', 'the key is not in the dict')
    return found
  },
  setdefault: (self, args) => {
    const key = args.required('key')
    const fallback = args.optionalOr('default', null)
    const found = self.get(key)
    if (found !== undefined) return found
    self.set(key, fallback)
    boundedItems(self.size)
    return fallback
  },
  clear: (self) => {
    for (const key of self.keys()) self.remove(key)
    return null
  },
}

export const tupleMethods: Record<string, Method<List>> = {
  index: (self, args, budget) => {
    const wanted = args.required('value')
    const at = self.items.findIndex((item) => equals(item, wanted, budget))
    if (at === -1) throw new ExpressionError('type', 'the value is not in the list')
    return BigInt(at)
  },
  count: (self, args, budget) => {
    const wanted = args.required('value')
    return BigInt(self.items.filter((item) => equals(item, wanted, budget)).length)
  },
}

export const listMethods: Record<string, Method<List>> = {
  ...tupleMethods,
  append: (self, args) => {
    boundedItems(self.length + 1)
    self.items.push(args.required('object'))
    return null
  },
  extend: (self, args) => {
    const more = iterate(args.required('iterable'))
    boundedItems(self.length + more.length)
    self.items.push(...more)
    return null
  },
  insert: (self, args) => {
    const index = args.integer('index')
    boundedItems(self.length + 1)
    self.items.splice(index, 0, args.required('object'))
    return null
  },
  pop: (self, args) => {
    const index = args.integer('index', -1)
    const [found] = index < -self.length ? [] : self.items.splice(index, 1)
    if (found === undefined) throw new ExpressionError('type', 'there is nothing at that index to pop')
    return found
  },
  remove: (self, args, budget) => {
    const wanted = args.required('value')
    const at = self.items.findIndex((item) => equals(item, wanted, budget))
    if (at === -1) throw new ExpressionError('type', 'the value is not in the list')
    self.items.splice(at, 1)
    return null
  },
  reverse: (self) => {
    self.items.reverse()
    return null
  },
  sort: (self, args, budget) => {
    const isReverse = flag(args, 'reverse')
    self.items.sort((a, b) => (isReverse ? compare(b, a, budget) : compare(a, b, budget)))
    return null
  },
  copy: (self) => List.of([...self.items]),
  clear: (self) => {
    self.items.length = 0
    return null
  },
}

/** What dict() and update() take: a dict, or pairs. */
export function pairs(value: Value): [Value, Value][] {
  if (value instanceof Dict) return value.entries()
  return iterate(value).map((pair) => {
    const items = iterate(pair)
    if (items.length !== 2) throw new ExpressionError('type', 'pairs of a key and a value are wanted')
    return [items[0]!, items[1]!]
  })
}

function flag(args: ArgumentReader, name: string): boolean {
  const value = args.optional(name)
  return value !== undefined && isTrue(value)
}
