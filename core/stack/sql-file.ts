import { significant, type Token, tokenize } from '../warehouse/token.ts'
import { parseLeadingComment } from './leading-comment.ts'
import { positionAt } from './reference.ts'
import type { Problem, SqlText } from './stack.ts'
import type { ParsedYaml } from './yaml.ts'

export interface SqlFile extends SqlText {
  /** The YAML of the leading comment; `{}` when there is none. */
  config: ParsedYaml
  problems: Problem[]
}

/**
 * A .sql file of the stack: its settings are YAML in the comment that it begins with (a block
 * comment, or a run of `--` lines), the rest is one SELECT. A comment that is plain prose is its description.
 */
export function parseSqlFile(text: string, file: string): SqlFile {
  const source = text.replace(/^\ufeff/, ' ')
  const tokens = tokenize(source)
  const comments = leadingComment(tokens)
  const end = comments.length === 0 ? 0 : comments.at(-1)!.start + comments.at(-1)!.text.length
  const config = parseLeadingComment(source, comments, file)
  const body = source.slice(end)
  const problems = checkBody(body, end, source, file)
  const lead = body.length - body.trimStart().length
  const { line } = positionAt(source, end + lead)
  return { sql: withoutSemicolon(body).trim(), line, config, problems }
}

/** The first comment; of `--` lines, all that follow each other without an empty line. */
function leadingComment(tokens: readonly Token[]): Token[] {
  const found: Token[] = []
  for (const token of tokens) {
    if (token.kind === 'space') {
      if (found.length > 0 && token.text.split('\n').length > 2) break
      continue
    }
    if (token.kind !== 'comment') break
    if (token.text.startsWith('/*')) return found.length === 0 ? [token] : found
    found.push(token)
  }
  return found
}

function checkBody(body: string, offset: number, source: string, file: string): Problem[] {
  const tokens = tokenize(body)
  const problem = (code: string, message: string, mend: string, at?: Token): Problem => ({
    severity: 'error',
    code,
    fault: 'config',
    retryable: false,
    message,
    at: { file, ...(at === undefined ? {} : positionAt(source, offset + at.start)) },
    mend,
  })
  const unclosed = tokens.find(({ kind }) => kind === 'unclosed')
  if (unclosed !== undefined) {
    const what = unclosed.text.startsWith('/*') ? 'comment' : 'quote'
    return [problem('invalid-sql', `This ${what} is not closed.`, `Close the ${what}.`, unclosed)]
  }
  const meaning = significant(tokens)
  const first = meaning.find(({ text }) => text !== '(')
  if (first === undefined) return [problem('invalid-sql', 'There is no SELECT in the file.', 'Write a SELECT below the comment.')]
  if (!/^(select|with)$/i.test(first.text)) {
    return [
      problem(
        'invalid-sql',
        `The file begins with "${first.text}", not with a SELECT.`,
        'Write one SELECT; Millrace makes the table or view of it.',
        first,
      ),
    ]
  }
  const semicolon = meaning.findIndex(({ text }) => text === ';')
  if (semicolon >= 0 && meaning.slice(semicolon).some(({ text }) => text !== ';')) {
    return [problem('invalid-sql', 'There is more than one statement in the file.', 'Keep one SELECT a file.', meaning[semicolon])]
  }
  return []
}

function withoutSemicolon(sql: string): string {
  const semicolon = tokenize(sql).find(({ kind, text }) => kind === 'symbol' && text === ';')
  return semicolon === undefined ? sql : sql.slice(0, semicolon.start)
}
