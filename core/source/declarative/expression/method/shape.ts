import { boundedItems, joinBounded, limits } from '../budget.ts'
import { ExpressionError } from '../problem.ts'
import { toText } from '../text.ts'
import type { Value } from '../value.ts'

/** The widest that a text is padded to. */
const maxWidth = 10_000

export function capitalize(text: string): string {
  const [first = '', ...rest] = text
  return first.toUpperCase() + rest.join('').toLowerCase()
}

/** str.title: every run of letters on its own, so that "it's" is "It'S". */
export function titleCase(text: string): string {
  return text.toLowerCase().replaceAll(/\p{L}+/gu, (word) => word.slice(0, 1).toUpperCase() + word.slice(1))
}

export function isLower(text: string): boolean {
  return text !== text.toUpperCase() && text === text.toLowerCase()
}

export function isUpper(text: string): boolean {
  return text !== text.toLowerCase() && text === text.toUpperCase()
}

export function isTitle(text: string): boolean {
  return /\p{L}/u.test(text) && titleCase(text) === text
}

export function swapCase(text: string): string {
  return [...text].map((character) => (character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase())).join('')
}

/** str.replace, at most `count` times unless it is negative; nothing stands before, between and after all characters. */
export function replaceText(text: string, old: string, replacement: string, count: number): string {
  const parts = old === '' ? ['', ...text, ''] : text.split(old)
  boundedItems(Math.floor(parts.length / 8))
  const times = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1)
  if (text.length + times * (replacement.length - old.length) > limits.text) {
    throw new ExpressionError('limit', `a text may have at most ${limits.text} characters`)
  }
  if (times === parts.length - 1) return parts.join(replacement)
  const rest = parts.slice(times).join(old)
  return times === 0 ? rest : parts.slice(0, times).join(replacement) + replacement + rest
}

export function strip(text: string, characters: Value, left: boolean, right: boolean): string {
  const drop = characters === null ? undefined : new Set(toText(characters))
  const parts = [...text]
  const isDropped = (character: string) => (drop === undefined ? /\s/.test(character) : drop.has(character))
  let start = 0
  let end = parts.length
  if (left) while (start < end && isDropped(parts[start]!)) start++
  if (right) while (end > start && isDropped(parts[end - 1]!)) end--
  return parts.slice(start, end).join('')
}

/** Padded to so many characters: before it (left), behind it (right), or both, where an odd one goes as CPython puts it. */
export function padBoth(text: string, width: number, fill: string, side: 'left' | 'right' | 'both'): string {
  if (width > maxWidth) throw new ExpressionError('limit', 'the width is too large')
  if ([...fill].length !== 1) throw new ExpressionError('type', 'the fill must be one character')
  const missing = Math.max(0, width - [...text].length)
  const before = side === 'left' ? missing : side === 'right' ? 0 : Math.floor(missing / 2) + (missing & width & 1)
  return joinBounded([fill.repeat(before), text, fill.repeat(missing - before)])
}
