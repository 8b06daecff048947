import { ExpressionError } from './problem.ts'

/** What one rendering may use: an untrusted manifest must not hang the host or fill its memory. */
export const limits = { steps: 1_000_000, output: 1_000_000, text: 1_000_000, items: 200_000, nesting: 200 }

/** Characters that count as one step. */
const charactersPerStep = 16

/** The work that is left to one rendering. Whatever takes longer the larger its values are spends of it. */
export class Budget {
  private left = limits.steps

  /** Throws `limit` when it is used up. */
  spend(steps = 1): void {
    this.left -= steps
    if (this.left < 0) throw new ExpressionError('limit', `the expression takes more than ${limits.steps} steps`)
  }

  spendText(text: string): void {
    this.spend(1 + Math.floor(text.length / charactersPerStep))
  }
}

/** The text, when it is not too long. */
export function bounded(text: string): string {
  if (text.length > limits.text) throw tooLong()
  return text
}

/** The parts as one text, measured before it is made. */
export function joinBounded(parts: readonly string[], separator = ''): string {
  let length = separator.length * Math.max(0, parts.length - 1)
  for (const part of parts) length += part.length
  if (length > limits.text) throw tooLong()
  return parts.join(separator)
}

export function boundedItems(count: number): void {
  if (count > limits.items) throw new ExpressionError('limit', `a list may have at most ${limits.items} items`)
}

/** For recursion over values. */
export function boundedDepth(depth: number): void {
  if (depth > limits.nesting) throw new ExpressionError('limit', 'the value is nested too deep')
}

function tooLong(): ExpressionError {
  return new ExpressionError('limit', `a text may have at most ${limits.text} characters`)
}
