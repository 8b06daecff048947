import { RE2JS } from 're2js'
import { MillraceError } from '../../../lib/error.ts'

/**
 * A pattern of the manifest, matched in linear time: manifests are others' work, and a backtracking
 * engine can be kept busy forever. Throws `invalid-pattern` (config).
 */
export function compilePattern(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    throw new MillraceError({
      code: 'invalid-pattern',
      fault: 'config',
      message: `"${pattern.slice(0, 200)}" is not a regular expression that is understood (RE2 syntax, without backreferences and lookarounds).`,
      mend: 'Correct it in the manifest.',
      cause,
    })
  }
}
