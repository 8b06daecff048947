import { bounded, boundedItems, joinBounded } from '../budget.ts'
import { iterate } from '../iterate.ts'
import { ExpressionError } from '../problem.ts'
import { List, typeName, type Value } from '../value.ts'
import type { Method } from './define.ts'
import { formatFields } from './format-fields.ts'
import { capitalize, isLower, isTitle, isUpper, padBoth, replaceText, strip, swapCase, titleCase } from './shape.ts'
import { lines, separatorOf, splitLeft, splitRight } from './split.ts'

/** The methods of str. Lengths and positions are counted in code points, as Python does, where the text has any beyond the basic plane. */
export const textMethods: Record<string, Method<string>> = {
  split: (self, args) => listOf(splitLeft(self, args.optional('sep') ?? null, args.integer('maxsplit', -1))),
  rsplit: (self, args) => listOf(splitRight(self, args.optional('sep') ?? null, args.integer('maxsplit', -1))),
  splitlines: (self, args) => listOf(lines(self, args.flag('keepends', false))),
  partition: (self, args) => {
    const separator = separatorOf(args.text('sep'))
    const at = self.indexOf(separator)
    return List.of(at === -1 ? [self, '', ''] : [self.slice(0, at), separator, self.slice(at + separator.length)], true)
  },
  rpartition: (self, args) => {
    const separator = separatorOf(args.text('sep'))
    const at = self.lastIndexOf(separator)
    return List.of(at === -1 ? ['', '', self] : [self.slice(0, at), separator, self.slice(at + separator.length)], true)
  },
  replace: (self, args) => replaceText(self, args.text('old'), args.text('new'), args.integer('count', -1)),
  lower: (self) => self.toLowerCase(),
  upper: (self) => self.toUpperCase(),
  // Unicode's full case folding is, but for a few letters, upper and then lower case.
  casefold: (self) => self.toUpperCase().toLowerCase(),
  swapcase: (self) => swapCase(self),
  capitalize: (self) => capitalize(self),
  title: (self) => titleCase(self),
  strip: (self, args) => strip(self, args.optional('chars') ?? null, true, true),
  lstrip: (self, args) => strip(self, args.optional('chars') ?? null, true, false),
  rstrip: (self, args) => strip(self, args.optional('chars') ?? null, false, true),
  startswith: (self, args) => {
    const prefixes = affixes(args.required('prefix'))
    const part = range(self, args.integer('start', 0), args.optional('end'))
    return part !== undefined && prefixes.some((prefix) => part.startsWith(prefix))
  },
  endswith: (self, args) => {
    const suffixes = affixes(args.required('suffix'))
    const part = range(self, args.integer('start', 0), args.optional('end'))
    return part !== undefined && suffixes.some((suffix) => part.endsWith(suffix))
  },
  removeprefix: (self, args) => {
    const prefix = args.text('prefix')
    return self.startsWith(prefix) ? self.slice(prefix.length) : self
  },
  removesuffix: (self, args) => {
    const suffix = args.text('suffix')
    return suffix !== '' && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self
  },
  find: (self, args) => place(self, args.text('sub'), args.integer('start', 0), args.optional('end'), 'first'),
  rfind: (self, args) => place(self, args.text('sub'), args.integer('start', 0), args.optional('end'), 'last'),
  index: (self, args) => found(place(self, args.text('sub'), args.integer('start', 0), args.optional('end'), 'first')),
  rindex: (self, args) => found(place(self, args.text('sub'), args.integer('start', 0), args.optional('end'), 'last')),
  count: (self, args) => {
    const wanted = args.text('sub')
    const part = range(self, args.integer('start', 0), args.optional('end'))
    if (part === undefined) return 0n
    return BigInt(wanted === '' ? [...part].length + 1 : part.split(wanted).length - 1)
  },
  join: (self, args) => joinBounded(iterate(args.required('iterable')).map(joinable), self),
  zfill: (self, args) => {
    const signed = /^[+-]/.test(self) ? 1 : 0
    return self.slice(0, signed) + padBoth(self.slice(signed), args.integer('width') - signed, '0', 'left')
  },
  ljust: (self, args) => padBoth(self, args.integer('width'), args.text('fillchar', ' '), 'right'),
  rjust: (self, args) => padBoth(self, args.integer('width'), args.text('fillchar', ' '), 'left'),
  center: (self, args) => padBoth(self, args.integer('width'), args.text('fillchar', ' '), 'both'),
  isascii: (self) => ![...self].some((character) => character.codePointAt(0)! > 127),
  isprintable: (self) => !/[\p{C}\p{Z}]/u.test(self.replaceAll(' ', '')),
  isdecimal: (self) => /^\p{Nd}+$/u.test(self),
  isdigit: (self) => /^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468]+$/u.test(self),
  isnumeric: (self) => /^\p{N}+$/u.test(self),
  isalpha: (self) => /^\p{L}+$/u.test(self),
  isalnum: (self) => /^[\p{L}\p{N}]+$/u.test(self),
  isidentifier: (self) => /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(self),
  isspace: (self) => /^\s+$/.test(self),
  islower: (self) => isLower(self),
  isupper: (self) => isUpper(self),
  istitle: (self) => isTitle(self),
  format: (self, args, budget, reach) => bounded(formatFields(self, args, budget, reach)),
}

function listOf(parts: string[]): List {
  boundedItems(parts.length)
  return List.of(parts)
}

/** The part from `start` to `end`, as a slice takes it; undefined when `start` is beyond the text. */
function range(text: string, start: number, end: Value | undefined): string | undefined {
  if (start === 0 && (end === undefined || end === null)) return text
  const characters = [...text]
  if (start > characters.length) return undefined
  return characters.slice(start, endOf(end, characters.length)).join('')
}

function place(text: string, wanted: string, start: number, end: Value | undefined, which: 'first' | 'last'): bigint {
  const part = range(text, start, end)
  const at = part === undefined ? -1 : which === 'first' ? part.indexOf(wanted) : part.lastIndexOf(wanted)
  if (part === undefined || at === -1) return -1n
  const offset = start >= 0 ? start : Math.max(0, [...text].length + start)
  const before = part.slice(0, at)
  return BigInt(offset + [...before].length)
}

function endOf(end: Value | undefined, length: number): number {
  if (end === undefined || end === null) return length
  if (typeof end !== 'bigint') throw new ExpressionError('type', `an int is wanted as "end", not ${typeName(end)}`)
  return Number(end)
}

function found(at: bigint): bigint {
  if (at === -1n) throw new ExpressionError('type', 'substring not found')
  return at
}

function affixes(value: Value): string[] {
  return (value instanceof List ? value.items : [value]).map((item) => {
    if (typeof item !== 'string') throw new ExpressionError('type', `a str or tuple of str is wanted, not ${typeName(item)}`)
    return item
  })
}

function joinable(value: Value): string {
  if (typeof value !== 'string') throw new ExpressionError('type', `join wants str items, not ${typeName(value)}`)
  return value
}
