import type { RE2JS } from 're2js'
import { MillraceError } from '../../../lib/error.ts'
import { compileRegex } from '../regex.ts'

/** A pattern of the manifest (`compileRegex`). Throws `invalid-pattern` (config). */
export function compilePattern(pattern: string): RE2JS {
  const compiled = compileRegex(pattern)
  if (typeof compiled !== 'string') return compiled
  throw new MillraceError({
    code: 'invalid-pattern',
    fault: 'config',
    message: `"${pattern.slice(0, 200)}" is not a regular expression that is understood (RE2 syntax, without backreferences and lookarounds): ${compiled}.`,
    mend: 'Correct it in the manifest.',
  })
}
