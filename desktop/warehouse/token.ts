export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  text: string
  start: number
  end: number
  /** Of brackets around it, where the reader counts them. */
  depth?: number
}

// ClickHouse's Lexer.cpp: comments are `--`, `#` followed by a space or `!`, and `/* */`; strings and quoted
// identifiers escape with a backslash or by doubling; heredocs are $tag$ … $tag$.
const rules: [kind: Token['kind'] | undefined, pattern: RegExp][] = [
  [undefined, /\s+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ['string', /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/y],
  ['quoted', /`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)/y],
  ['string', /\$(\w*)\$[\s\S]*?\$\1\$/y],
  ['word', /[A-Za-z_$][\w$]*/y],
  ['number', /\d[\w.]*/y],
  ['symbol', /[\s\S]/y],
]

/** The tokens of a statement, whitespace and comments left out. Never throws: what is malformed is the engine's to refuse. */
export function* tokens(sql: string): Generator<Token, undefined> {
  for (let at = 0; at < sql.length;) {
    for (const [kind, pattern] of rules) {
      pattern.lastIndex = at
      const match = pattern.exec(sql)
      if (match === null) continue
      const end = at + match[0].length
      if (kind !== undefined) yield { kind, text: match[0], start: at, end }
      at = end
      break
    }
  }
}
