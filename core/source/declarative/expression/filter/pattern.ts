import { RE2JS, RE2JSException } from 're2js'
import { ExpressionError } from '../problem.ts'

/** Longer patterns than people write. */
const maxPattern = 1000

/**
 * The CDK's regex_search: what the first group of the pattern matches, "None" where that group took no part, and nothing
 * where nothing matches or the pattern has no group. By RE2, in time linear to the text: a pattern of a manifest cannot hang the
 * host. It lacks of Python's syntax what cannot be done so: references back, looking ahead and behind.
 */
export function searchPattern(text: string, pattern: string): string | null {
  if (pattern.length > maxPattern) throw new ExpressionError('limit', `a pattern may have at most ${maxPattern} characters`)
  try {
    // Python's \Z is the very end; in its patterns a $ matches before a last line break too.
    const matcher = RE2JS.compile(
      pattern.replaceAll(/\\([\s\S])/g, (whole, escaped) => (escaped === 'Z' ? String.raw`\z` : whole)),
    ).matcher(text)
    if (!matcher.find() || matcher.groupCount() === 0) return ''
    return matcher.group(1)
  } catch (thrown) {
    if (!(thrown instanceof RE2JSException)) throw thrown
    throw new ExpressionError('type', `the pattern ${pattern} is not understood: ${thrown.message}`)
  }
}
