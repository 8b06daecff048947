import { ExpressionError } from '../problem.ts'
import type { Value } from '../value.ts'

/** str.split: at a separator, or with none at runs of white space; at most `limit` times, unless it is negative. */
export function splitLeft(text: string, separator: Value, limit: number): string[] {
  if (separator === null) {
    const words = spans(text)
    if (limit < 0 || words.length <= limit) return words.map(([start, end]) => text.slice(start, end))
    const rest = words[limit]
    return [
      ...words.slice(0, limit).map(([start, end]) => text.slice(start, end)),
      ...(rest === undefined ? [] : [text.slice(rest[0]).trimEnd()]),
    ]
  }
  const parts = text.split(separatorOf(separator))
  return limit < 0 || parts.length <= limit + 1 ? parts : [...parts.slice(0, limit), parts.slice(limit).join(separatorOf(separator))]
}

/** str.rsplit: as split, counted from the end. */
export function splitRight(text: string, separator: Value, limit: number): string[] {
  if (limit < 0) return splitLeft(text, separator, limit)
  if (separator === null) {
    const words = spans(text)
    const first = words.length - limit
    if (first <= 0) return words.map(([start, end]) => text.slice(start, end))
    return [text.slice(0, words[first - 1]![1]), ...words.slice(first).map(([start, end]) => text.slice(start, end))]
  }
  const parts = text.split(separatorOf(separator))
  if (parts.length <= limit + 1) return parts
  const first = parts.length - limit
  return [parts.slice(0, first).join(separatorOf(separator)), ...parts.slice(first)]
}

/** str.splitlines. */
export function lines(text: string, keepsEnds: boolean): string[] {
  const found = text.match(/[^\n\r\v\f\u0085\u2028\u2029]*(?:\r\n|[\n\r\v\f\u0085\u2028\u2029])|[^\n\r\v\f\u0085\u2028\u2029]+$/g) ?? []
  return keepsEnds ? found : found.map((line) => line.replace(/(?:\r\n|[\n\r\v\f\u0085\u2028\u2029])$/, ''))
}

export function separatorOf(separator: Value): string {
  if (typeof separator !== 'string' || separator === '') throw new ExpressionError('type', 'the separator must be a str that is not empty')
  return separator
}

/** Where the words of a text start and end. */
function spans(text: string): [number, number][] {
  return [...text.matchAll(/\S+/g)].map((match) => [match.index, match.index + match[0].length])
}
