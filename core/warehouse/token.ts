/** A piece of SQL. Joined in order, the texts of all tokens are the SQL again. */
export interface Token {
  kind: 'space' | 'comment' | 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'unclosed'
  text: string
  /** Offset in the SQL, in UTF-16 units. */
  start: number
}

/**
 * Cuts SQL as ClickHouse's own lexer does (ClickHouse src/Parsers/Lexer.cpp): comments `--`, `//`,
 * `# `, `#!` and nested block comments; strings with backslash and doubled quotes; here documents;
 * identifiers in backticks or double quotes. Numbers are only told from words, never checked. A quote
 * or comment that does not close becomes one `unclosed` token up to the end.
 */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = []
  let start = 0
  while (start < sql.length) {
    const [kind, end] = next(sql, start)
    tokens.push({ kind, text: sql.slice(start, end), start })
    start = end
  }
  return tokens
}

/** The tokens that mean something: no spaces, no comments. */
export function significant(tokens: readonly Token[]): Token[] {
  return tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment')
}

/** What a string or quoted identifier stands for, its escapes undone (`\'`, `''`, `\n`, …). */
export function unquote(token: Token): string {
  const quote = token.text[0]!
  return token.text
    .slice(1, -1)
    .replaceAll(/\\([\s\S])|''|``|""/g, (match, escaped?: string) =>
      escaped !== undefined ? (escapes[escaped] ?? escaped) : match[0] === quote ? quote : match,
    )
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07', 0: '\0' }

const space = /[ \t\n\r\f\v\u00a0\u2000-\u200b\ufeff\u3000]+/y
const line = /--[^\n]*|\/\/[^\n]*|#[ !][^\n]*/y
const word = /[A-Za-z_$][A-Za-z0-9_$]*/y
const number = /(?:\d[A-Za-z0-9_]*(?:\.\d*)?|\.\d+)(?:(?<=[eEpP])[+-]\d+)?/y
const hereDocument = /\$[A-Za-z0-9_]*\$/y
const quotes: Record<string, Token['kind']> = { "'": 'string', '"': 'quoted', '`': 'quoted' }

function next(sql: string, start: number): [Token['kind'], number] {
  const first = sql[start]!
  const at = (pattern: RegExp): number | undefined => {
    pattern.lastIndex = start
    return pattern.test(sql) ? pattern.lastIndex : undefined
  }
  let end: number | undefined
  if ((end = at(space)) !== undefined) return ['space', end]
  if ((end = at(line)) !== undefined) return ['comment', end]
  if (sql.startsWith('/*', start)) return blockComment(sql, start)
  const quote = quotes[first]
  if (quote !== undefined) return quoted(sql, start, first, quote)
  if ((end = at(hereDocument)) !== undefined) {
    const close = sql.indexOf(sql.slice(start, end), end)
    if (close >= 0) return ['string', close + (end - start)]
  }
  if ((end = at(number)) !== undefined) return ['number', end]
  if ((end = at(word)) !== undefined) return ['word', end]
  // Symbols stay single characters but for the braces of a template, which the reader of references looks for.
  if (sql.startsWith('{{', start) || sql.startsWith('}}', start)) return ['symbol', start + 2]
  return ['symbol', start + (sql.codePointAt(start)! > 0xffff ? 2 : 1)]
}

function blockComment(sql: string, start: number): [Token['kind'], number] {
  let depth = 0
  for (let index = start; index < sql.length; index++) {
    if (sql.startsWith('/*', index)) {
      depth++
      index++
    } else if (sql.startsWith('*/', index)) {
      depth--
      index++
      if (depth === 0) return ['comment', index + 1]
    }
  }
  return ['unclosed', sql.length]
}

function quoted(sql: string, start: number, quote: string, kind: Token['kind']): [Token['kind'], number] {
  for (let index = start + 1; index < sql.length; index++) {
    if (sql[index] === '\\') index++
    else if (sql[index] === quote) {
      if (sql[index + 1] === quote) index++
      else return [kind, index + 1]
    }
  }
  return ['unclosed', sql.length]
}
