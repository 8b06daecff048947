import { parseLeadingComment } from './leading-comment.ts'
import type { ParsedYaml } from './yaml.ts'

/**
 * A file of transforms/: TypeScript that exports `transform`. Its settings are YAML in the comment that it begins with (a
 * block comment, or a run of `//` lines). Whether the code is right is for the compiler to say (`desktop/host/transform/`).
 */
export function parseTransformFile(text: string, file: string): { config: ParsedYaml; code: string } {
  const source = text.replace(/^\ufeff/, ' ')
  return { config: parseLeadingComment(source, leadingComments(source), file), code: source }
}

function leadingComments(source: string): { text: string; start: number }[] {
  const start = source.length - source.trimStart().length
  const block = /^\/\*[^]*?\*\//.exec(source.slice(start))
  if (block !== null) return [{ text: block[0], start }]
  const found: { text: string; start: number }[] = []
  let at = start
  for (const line of source.slice(start).split('\n')) {
    const lead = line.length - line.trimStart().length
    if (!line.startsWith('//', lead)) break
    found.push({ text: line.slice(lead), start: at + lead })
    at += line.length + 1
  }
  return found
}
