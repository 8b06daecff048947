export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  text: string
  /** Offsets in the statement. */
  start: number
  end: number
  /** How many brackets are open around it; a bracket itself counts as outside. */
  depth: number
}

// ClickHouse's Lexer.cpp: comments are `--`, `#` followed by a space or `!`, and `/* */`; strings and quoted
// identifiers escape with a backslash or by doubling; heredocs are $tag$ … $tag$. Whitespace is spelled out
// because statements are read as latin1, where \s would also match bytes of multi-byte characters.
const rules: [kind: Token['kind'] | undefined, pattern: RegExp][] = [
  [undefined, /[ \t\n\r\f\v]+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ['string', /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/y],
  ['quoted', /`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)/y],
  ['string', /\$([A-Za-z0-9_]*)\$[\s\S]*?\$\1\$/y],
  ['word', /[A-Za-z_$][A-Za-z0-9_$]*/y],
  ['number', /[0-9][A-Za-z0-9_.]*/y],
  ['symbol', /[\s\S]/y],
]

/** The tokens of a statement, whitespace and comments left out. Never throws: what is malformed is the engine's to refuse. */
export function* tokens(sql: string): Generator<Token, undefined> {
  let depth = 0
  for (let at = 0; at < sql.length;) {
    for (const [kind, pattern] of rules) {
      pattern.lastIndex = at
      const match = pattern.exec(sql)
      if (match === null) continue
      const text = match[0]
      const end = at + text.length
      if (kind === 'symbol' && ')]}'.includes(text)) depth = Math.max(0, depth - 1)
      if (kind !== undefined) yield { kind, text, start: at, end, depth }
      if (kind === 'symbol' && '([{'.includes(text)) depth++
      at = end
      break
    }
  }
}

/** The token as a keyword: upper case for a word, undefined for anything else. */
export function keyword(token: Token | undefined): string | undefined {
  return token?.kind === 'word' ? token.text.toUpperCase() : undefined
}

/** What a quoted identifier or a string literal says, or a bare word as it stands. */
export function unquote(token: Token): string {
  if (token.kind === 'word') return token.text
  const heredoc = /^\$[A-Za-z0-9_]*\$/.exec(token.text)
  if (heredoc !== null) return token.text.slice(heredoc[0].length, -heredoc[0].length)
  const quote = token.text[0]!
  return token.text
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replace(/\\([\s\S])/g, '$1')
}
