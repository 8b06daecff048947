import { type Token, tokens } from './token.ts'

/**
 * What the HTTP face must know of a statement before the engine parses it: where its result would be
 * redirected, whether it takes data from the request's body, and that it is only one. Everything else, errors
 * of syntax included, is left to the engine's own parser.
 */
export interface Statement {
  kind: 'select' | 'insert' | 'other'
  /** First word, upper case: SELECT, CREATE, KILL … Empty for an empty statement. */
  verb: string
  /** The statement without a trailing semicolon; for an insert with data, up to where its data starts. */
  text: string
  /** Name after the FORMAT clause. */
  format: string | undefined
  /** Offset in `text` where `INTO OUTFILE` belongs: before the closing FORMAT and SETTINGS clauses. */
  outputAt: number
  /** An insert that reads its rows from after the statement, in this format. */
  data: { format: string; start: number } | undefined
  /** A clause that only a command-line client can serve. */
  clientClause: 'INTO OUTFILE' | 'FROM INFILE' | undefined
  /** True when something follows the statement's semicolon. */
  multiple: boolean
  tokens: Token[]
}

export function readStatement(sql: string): Statement {
  const read: Token[] = []
  const source = tokens(sql)
  const verb = firstWord(sql)
  if (verb === 'INSERT' || verb === 'WITH') {
    const insert = readInsert(sql, verb)
    if (insert !== undefined) return insert
  }
  let depth = 0
  let multiple = false
  let end = sql.length
  for (const token of source) {
    if (token.text === ';' && depth === 0) {
      end = token.start
      multiple = !source.next().done
      break
    }
    depth += depthOf(token)
    read.push({ ...token, depth })
  }
  return finish(sql.slice(0, end).trimEnd(), verb, read, multiple)
}

function finish(text: string, verb: string, read: Token[], multiple: boolean): Statement {
  const { format, outputAt } = findOutput(text, read)
  return {
    kind: selects.has(verb) ? 'select' : 'other',
    verb,
    text,
    format,
    outputAt,
    data: undefined,
    clientClause: hasWords(read, 'INTO', 'OUTFILE') ? 'INTO OUTFILE' : undefined,
    multiple,
    tokens: read,
  }
}

const selects = new Set(['SELECT', 'WITH', 'FROM', '('])

/** The closing clauses of a statement with output: `[SETTINGS …] [FORMAT name] [SETTINGS …]` (ClickHouse ParserQueryWithOutput). */
function findOutput(text: string, read: Token[]): { format: string | undefined; outputAt: number } {
  let outputAt = text.length
  let format: string | undefined
  for (let i = read.length - 2; i > 0; i--) {
    const token = read[i]!
    if (token.depth !== 0 || token.kind !== 'word') continue
    const word = token.text.toUpperCase()
    if (word === 'FORMAT' && format === undefined && closesFormat(read, i)) {
      format = unquote(read[i + 1]!)
      outputAt = token.start
      break
    }
    if (word === 'SETTINGS' && read[i + 2]?.text === '=') outputAt = token.start
    else if (clauses.has(word)) break
  }
  return { format, outputAt }
}

const clauses = new Set(['SELECT', 'FROM', 'WHERE', 'HAVING', 'LIMIT', 'UNION', 'BY'])

function closesFormat(read: Token[], i: number): boolean {
  const name = read[i + 1]
  if (name === undefined || (name.kind !== 'word' && name.kind !== 'quoted')) return false
  const next = read[i + 2]
  return next === undefined || (next.kind === 'word' && next.text.toUpperCase() === 'SETTINGS')
}

/** `INSERT INTO …` up to its data: after VALUES or `FORMAT name`; undefined for a WITH that does not lead to an INSERT. */
function readInsert(sql: string, verb: string): Statement | undefined {
  const read: Token[] = []
  const source = tokens(sql)
  let depth = 0
  let insert = verb === 'INSERT'
  let selects = false
  let target = false
  for (const token of source) {
    if (token.text === ';' && depth === 0) {
      if (!insert) return undefined
      return { ...finish(sql.slice(0, token.start).trimEnd(), 'INSERT', read, !source.next().done), ...insertOf(read) }
    }
    depth += depthOf(token)
    read.push({ ...token, depth })
    if (depth !== 0 || token.kind !== 'word') continue
    const word = token.text.toUpperCase()
    if (!insert) {
      if (word === 'SELECT' || word === 'FROM') return undefined
      if (word === 'INSERT') insert = true
      continue
    }
    const before = read.at(-2)?.text.toUpperCase()
    if (!target) {
      target = before === 'INTO' || before === 'TABLE' || before === 'FUNCTION' || (before === 'INSERT' && word !== 'INTO')
      if (target && (word === 'TABLE' || word === 'FUNCTION')) target = false
      continue
    }
    if (before === '.') continue
    if (word === 'SELECT' || word === 'WITH') selects = true
    else if (word === 'VALUES' && !selects) return dataStatement(sql, read, 'Values', token.end)
    else if (word === 'FORMAT') {
      const name = source.next()
      if (name.done || (name.value.kind !== 'word' && name.value.kind !== 'quoted')) break
      if (unquote(name.value).toUpperCase() === 'VALUES' || name.value.kind === 'word' || name.value.kind === 'quoted') {
        const after = sql.slice(name.value.end).trimStart()
        if (selects && (after === '' || after.startsWith(';') || /^SETTINGS\b/i.test(after))) {
          read.push({ ...name.value, depth })
          continue
        }
        return dataStatement(sql, [...read, { ...name.value, depth }], unquote(name.value), name.value.end)
      }
    }
  }
  if (!insert) return undefined
  return { ...finish(sql.trimEnd(), 'INSERT', read, false), ...insertOf(read) }
}

function insertOf(read: Token[]) {
  return { kind: 'insert' as const, clientClause: hasWords(read, 'FROM', 'INFILE') ? ('FROM INFILE' as const) : undefined }
}

function dataStatement(sql: string, read: Token[], format: string, end: number): Statement {
  return {
    kind: 'insert',
    verb: 'INSERT',
    text: sql.slice(0, end),
    format,
    outputAt: end,
    data: { format, start: end },
    clientClause: hasWords(read, 'FROM', 'INFILE') ? 'FROM INFILE' : undefined,
    multiple: false,
    tokens: read,
  }
}

function firstWord(sql: string): string {
  for (const token of tokens(sql)) return token.text.toUpperCase()
  return ''
}

function depthOf(token: Token): number {
  if (token.kind !== 'symbol') return 0
  return '([{'.includes(token.text) ? 1 : ')]}'.includes(token.text) ? -1 : 0
}

function hasWords(read: Token[], first: string, second: string): boolean {
  return read.some(
    (token, i) =>
      token.kind === 'word' &&
      token.depth === 0 &&
      token.text.toUpperCase() === first &&
      read[i + 1]?.kind === 'word' &&
      read[i + 1]!.text.toUpperCase() === second,
  )
}

function unquote(token: Token): string {
  return token.kind === 'quoted' ? token.text.slice(1, -1) : token.text
}
