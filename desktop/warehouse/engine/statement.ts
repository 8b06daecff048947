import { type Token, keyword, tokens, unquote } from './token.ts'

/**
 * What the HTTP face must know of a statement before the engine parses it: where its result is to be sent,
 * whether it takes data from the request's body, and that it is only one. All else, errors of syntax
 * included, is left to the engine's own parser. Offsets count from the start of `text`.
 */
export interface Statement {
  /** `rows`: sends a result that may be large. `data`: an insert whose rows follow it. `other`: all the rest. */
  kind: 'rows' | 'data' | 'other'
  /** First word, upper case: SELECT, CREATE, KILL … Empty for an empty statement. */
  verb: string
  /** The statement without its semicolon; of kind `data`, up to where its data starts. */
  text: string
  /** The name in its FORMAT clause; `Values` after VALUES. */
  format: string | undefined
  /** Where a clause can go that directs the result (`INTO OUTFILE`) or the data (`FROM INFILE`): before the closing SETTINGS and FORMAT. */
  clauseAt: number
  /** Where the closing `FORMAT name` or VALUES starts, when there is one. */
  formatAt: number
  /** A clause that only a command-line client can serve. */
  clientClause: 'INTO OUTFILE' | 'FROM INFILE' | undefined
  /** Where the second statement would begin, when there is more than one. */
  secondAt: number | undefined
  tokens: Token[]
}

export function readStatement(sql: string): Statement {
  const read: Token[] = []
  const source = tokens(sql)
  let insert: InsertReader | undefined
  for (const token of source) {
    if (token.text === ';' && token.depth === 0) {
      const second = source.next()
      return finish(sql.slice(0, token.start), read, second.done ? undefined : second.value.start)
    }
    read.push(token)
    insert ??= startsInsert(read) ? new InsertReader() : undefined
    if (insert?.dataFollows(token, read.at(-2), sql)) return dataStatement(sql, read)
  }
  return finish(sql, read, undefined)
}

function startsInsert(read: Token[]): boolean {
  const last = read.at(-1)!
  if (last.depth !== 0 || keyword(last) !== 'INSERT') return false
  return read.length === 1 || keyword(read[0]) === 'WITH'
}

/** Follows an INSERT to where its data starts: after VALUES, or after a FORMAT name that closes the statement. */
class InsertReader {
  #named = false
  #selects = false

  dataFollows(token: Token, before: Token | undefined, sql: string): boolean {
    if (token.depth !== 0) return false
    const word = keyword(token)
    if (!this.#named) {
      // INSERT [INTO] [TABLE|FUNCTION] name: the name itself may be any word.
      if (word !== 'INSERT' && word !== 'INTO' && word !== 'TABLE' && word !== 'FUNCTION') this.#named = true
      return false
    }
    if (before?.text === '.') return false
    if (word === 'SELECT' || word === 'WITH') this.#selects = true
    if (word === 'VALUES' && keyword(before) !== 'FORMAT') return !this.#selects
    if (keyword(before) !== 'FORMAT' || (token.kind !== 'word' && token.kind !== 'quoted')) return false
    return !this.#selects || endsWithData(sql.slice(token.end))
  }
}

/** `INSERT … SELECT … FORMAT name` takes data only when it reads it with input(): that is, when something follows. */
function endsWithData(after: string): boolean {
  const next = tokens(after).next()
  return !next.done && next.value.text !== ';' && keyword(next.value) !== 'SETTINGS'
}

function dataStatement(sql: string, read: Token[]): Statement {
  const last = read.at(-1)!
  const values = keyword(last) === 'VALUES' && keyword(read.at(-2)) !== 'FORMAT'
  const formatAt = values ? last.start : read.at(-2)!.start
  return {
    kind: 'data',
    verb: 'INSERT',
    text: sql.slice(0, last.end),
    format: values ? 'Values' : unquote(last),
    clauseAt: settingsAt(read.slice(0, values ? -1 : -2)) ?? formatAt,
    formatAt,
    clientClause: hasWords(read, 'FROM', 'INFILE') ? 'FROM INFILE' : undefined,
    secondAt: undefined,
    tokens: read,
  }
}

function finish(sql: string, read: Token[], secondAt: number | undefined): Statement {
  const text = sql.slice(0, read.at(-1)?.end ?? 0)
  const verb = read[0]?.text.toUpperCase() ?? ''
  const format = closingFormat(read)
  const body = format === undefined ? read : read.slice(0, format)
  const formatAt = format === undefined ? text.length : read[format]!.start
  const inserts = verb === 'INSERT' || read.some((token) => token.depth === 0 && keyword(token) === 'INSERT')
  return {
    kind: !inserts && sendsRows.has(verb) ? 'rows' : 'other',
    verb: inserts ? 'INSERT' : verb,
    text,
    format: format === undefined ? undefined : unquote(read[format + 1]!),
    clauseAt: settingsAt(body) ?? formatAt,
    formatAt,
    clientClause: hasWords(read, 'INTO', 'OUTFILE') ? 'INTO OUTFILE' : hasWords(read, 'FROM', 'INFILE') ? 'FROM INFILE' : undefined,
    secondAt,
    tokens: read,
  }
}

const sendsRows = new Set(['SELECT', 'WITH', 'FROM', '('])

/** Index of the closing FORMAT: `… FORMAT name [SETTINGS …]` (ClickHouse's ParserQueryWithOutput). */
function closingFormat(read: Token[]): number | undefined {
  for (let i = read.length - 2; i > 0; i--) {
    if (read[i]!.depth !== 0 || keyword(read[i]) !== 'FORMAT') continue
    const [name, next] = [read[i + 1]!, read[i + 2]]
    const isName = name.kind === 'word' || name.kind === 'quoted'
    return isName && (next === undefined || keyword(next) === 'SETTINGS') ? i : undefined
  }
  return undefined
}

/** Where a closing `SETTINGS name = value, …` starts. */
function settingsAt(read: Token[]): number | undefined {
  for (let i = read.length - 3; i > 0; i--) {
    if (read[i]!.depth !== 0 || read[i + 2]?.text !== '=' || keyword(read[i]) !== 'SETTINGS') continue
    const closes = read.slice(i).every((token) => token.depth > 0 || !clauses.has(keyword(token) ?? ''))
    return closes ? read[i]!.start : undefined
  }
  return undefined
}

const clauses = new Set(['SELECT', 'FROM', 'WHERE', 'UNION', 'EXCEPT', 'INTERSECT', 'LIMIT', 'INTO'])

function hasWords(read: Token[], first: string, second: string): boolean {
  return read.some((token, i) => token.depth === 0 && keyword(token) === first && keyword(read[i + 1]) === second)
}
