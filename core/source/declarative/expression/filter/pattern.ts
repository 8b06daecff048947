import { compileRegex } from '../../regex.ts'
import { ExpressionError } from '../problem.ts'

/**
 * The CDK's regex_search: what the first group of the pattern matches, "None" where that group took no part, and nothing
 * where nothing matches or the pattern has no group.
 */
export function searchPattern(text: string, pattern: string): string | null {
  const compiled = compileRegex(pattern)
  if (typeof compiled === 'string') throw new ExpressionError('type', `the pattern ${pattern.slice(0, 200)} is not understood: ${compiled}`)
  const matcher = compiled.matcher(text)
  if (!matcher.find() || matcher.groupCount() === 0) return ''
  return matcher.group(1)
}
