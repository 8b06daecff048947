import { RE2JS, RE2JSException } from 're2js'

/** Longer patterns than people write. */
const maxPattern = 1000

/**
 * A regular expression of the manifest in Python's syntax, matched by RE2 in time linear to the text: manifests are
 * others' work, and a backtracking engine can be kept busy forever. It lacks of Python's what cannot be done so:
 * references back, looking ahead and behind. The reason, as a text, where it is not understood.
 */
export function compileRegex(pattern: string): RE2JS | string {
  if (pattern.length > maxPattern) return `a pattern may have at most ${maxPattern} characters`
  try {
    // Python's \Z is the very end; in its patterns a $ matches before a last line break too.
    return RE2JS.compile(pattern.replaceAll(/\\([\s\S])/g, (whole, escaped) => (escaped === 'Z' ? String.raw`\z` : whole)))
  } catch (thrown) {
    if (!(thrown instanceof RE2JSException)) throw thrown
    return thrown.message
  }
}
