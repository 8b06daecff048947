import { bounded, joinBounded } from '../budget.ts'
import { capitalize, padBoth, replaceText, strip } from '../method/shape.ts'
import { isTrue } from '../operate.ts'
import { percentFormat } from '../percent.ts'
import { ExpressionError } from '../problem.ts'
import { toText } from '../text.ts'
import { Dict, List, Undefined } from '../value.ts'
import { type Filter, wantText } from './define.ts'
import { searchPattern } from './pattern.ts'

export const textFilters: Record<string, Filter> = {
  capitalize: (value, _, { budget }) => capitalize(toText(value, budget)),
  center: (value, args, { budget }) => padBoth(toText(value, budget), args.integer('width', 80), ' ', 'both'),
  e: (value, _, { budget }) => escapeHtml(toText(value, budget)),
  escape: (value, _, { budget }) => escapeHtml(toText(value, budget)),
  forceescape: (value, _, { budget }) => escapeHtml(toText(value, budget)),
  format: (value, args, { budget }) => {
    const positional = args.rest()
    const named = args.restNamed()
    if (positional.length > 0 && named.length > 0) throw new ExpressionError('type', 'format takes values by position or by name, not both')
    return percentFormat(toText(value, budget), named.length > 0 ? new Dict(named) : List.of(positional, true), budget)
  },
  indent: (value, args) => {
    const width = args.optionalOr('width', 4n)
    const prefix = typeof width === 'string' ? width : padBoth('', Number(toText(width)), ' ', 'right')
    const first = args.flag('first', false)
    const blank = args.flag('blank', false)
    const lines = wantText('indent', value).split('\n')
    const shown = lines.map((line, index) => ((index === 0 && !first) || (index > 0 && line === '' && !blank) ? line : prefix + line))
    return joinBounded(shown, '\n')
  },
  lower: (value, _, { budget }) => toText(value, budget).toLowerCase(),
  regex_search: (value, args) => searchPattern(wantText('regex_search', value), args.text('regex')),
  replace: (value, args, { budget }) => {
    const old = toText(args.required('old'), budget)
    const replacement = toText(args.required('new'), budget)
    const count = args.optional('count') ?? null
    return replaceText(toText(value, budget), old, replacement, typeof count === 'bigint' ? Number(count) : -1)
  },
  safe: (value) => value,
  striptags: (value, _, { budget }) => withoutTags(toText(value, budget)).split(/\s+/).filter(Boolean).join(' '),
  title: (value, _, { budget }) =>
    toText(value, budget)
      .split(/([-\s({[<]+)/)
      .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
      .join(''),
  trim: (value, args, { budget }) => strip(toText(value, budget), args.optional('chars') ?? null, true, true),
  truncate: (value, args) => {
    const size = args.integer('length', 255)
    const isHard = isTrue(args.optionalOr('killwords', false))
    const end = args.text('end', '...')
    const leeway = args.integer('leeway', 5)
    // Of a list or dict the items are counted, and a short one is left as it is.
    const length = value instanceof List ? value.length : value instanceof Dict ? value.size : undefined
    if (length !== undefined && length <= size + leeway) return value
    const text = value instanceof Undefined ? '' : wantText('truncate', value)
    if (text.length <= size + leeway) return text
    const cut = text.slice(0, Math.max(0, size - end.length))
    return (isHard ? cut : cut.includes(' ') ? cut.slice(0, cut.lastIndexOf(' ')) : cut) + end
  },
  upper: (value, _, { budget }) => toText(value, budget).toUpperCase(),
  wordcount: (value, _, { budget }) => BigInt(toText(value, budget).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
}

function escapeHtml(text: string): string {
  return bounded(
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
  )
}

const entities: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&#34;': '"',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': '\u00a0',
}

/** Without comments and tags, and with the common entities as what they stand for. One pass: a pattern would take the square of the length. */
function withoutTags(text: string): string {
  const parts: string[] = []
  let position = 0
  let isUnclosed = false
  for (let open = text.indexOf('<'); open !== -1; open = text.indexOf('<', position)) {
    const isComment = text.startsWith('<!--', open)
    const end: number = isComment && !isUnclosed ? text.indexOf('-->', open + 4) : -1
    isUnclosed ||= isComment && end === -1
    const close: number = end === -1 ? text.indexOf('>', open) : end + 2
    if (close === -1) break
    parts.push(text.slice(position, open))
    position = close + 1
  }
  parts.push(text.slice(position))
  return parts.join('').replaceAll(/&(?:amp|lt|gt|quot|nbsp|#34|#39);/g, (entity) => entities[entity]!)
}
