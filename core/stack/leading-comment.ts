import { type ParsedYaml, parseYaml } from './yaml.ts'

interface Comment {
  text: string
  start: number
}

/**
 * The settings of a file that is not YAML: YAML in the comments that it begins with. A comment that is plain prose is its
 * description.
 */
export function parseLeadingComment(source: string, comments: readonly Comment[], file: string): ParsedYaml {
  const none: ParsedYaml = { value: {}, values: {}, keys: {}, problems: [] }
  const first = comments[0]
  if (first === undefined) return none
  const block = first.text.startsWith('/*')
  // The stars that stand before each line of a comment are no part of it.
  const marker = block ? /^\/\*+|\*+\/$|^[ \t]*\*(?=[ \t\r\n])/gm : /^(--|\/\/|#!?)/
  // All but the YAML becomes blanks, so that every line and column is the file's own.
  let blanked = blank(source.slice(0, first.start))
  for (const [index, comment] of comments.entries()) {
    blanked += comment.text.replace(marker, blank).replaceAll('\r', ' ')
    const next = comments[index + 1]
    if (next !== undefined) blanked += blank(source.slice(comment.start + comment.text.length, next.start))
  }
  const yaml = parseYaml(blanked, file)
  const prose = blanked.trim()
  if (prose === '') return none
  const looksLikeSettings = /^\s*[a-z_]+\s*:(\s|$)/m.test(blanked)
  if (typeof yaml.value === 'string' || (yaml.problems.length > 0 && !looksLikeSettings)) {
    return { ...none, value: { description: prose.replaceAll(/\s*\n\s*/g, ' ') } }
  }
  return yaml
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ')
}
