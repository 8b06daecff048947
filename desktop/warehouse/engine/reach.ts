import type { Context } from './context.ts'
import { ClickHouseFailure } from './failure.ts'
import type { Statement } from './statement.ts'
import { type Token, keyword, unquote } from './token.ts'

// As a library, the engine reads and writes any file its user can (tried on chDB 26.7: file(), a quoted path as a
// table, url('file://…'); user_files_path is not enforced). A server keeps to its user_files folder, so this face
// does: the process stands in that folder, and only a plain relative path gets through. What cannot be seen in the
// statement's own words (a path that is computed) is refused.

const readFiles = new Set(['file', 'filecluster', 'sqlite', 'filesystem'])
const readUrls = new Set(['url', 'urlcluster', 'deltalake', 'iceberg', 'hudi', 'paimon', 'hdfs'])
const neverCalled = new Set(
  'executable executablepool python eval iceberglocal iceberglocalcluster deltalakelocal paimonlocal disk loadlibrary'.split(' '),
)
const engines = new Set(
  'file sqlite filelog executable executablepool filesystem embeddedrocksdb iceberglocal deltalakelocal paimonlocal backup queryrunner'.split(
    ' ',
  ),
)
const dictionarySources = new Set(['file', 'executable', 'executable_pool', 'library', 'yamlregexptree'])
const backups = new Set(['BACKUP', 'RESTORE'])
/** Settings that name a file: of a schema, of a template. */
const fileSetting = /^format_(schema|template_\w+)$/i

/** Throws ACCESS_DENIED for a statement that names a file outside of the user_files folder, or a program. */
export function checkReach({ verb, tokens }: Statement, context: Pick<Context, 'params' | 'settings'>): void {
  for (const [name, value] of context.settings) if (fileSetting.test(name) && isOutside(value)) throw denied(value)
  for (const [i, token] of tokens.entries()) {
    if (token.kind === 'string' || token.kind === 'quoted') checkName(tokens, i)
    if (token.kind === 'word' || token.kind === 'quoted') checkCall(verb, tokens, i, context.params)
    if (token.text === '{' && keyword(tokens[i + 3]) === 'IDENTIFIER') {
      const value = paramAt(tokens, i, context.params)
      if (value !== undefined && isOutside(value)) throw denied(value)
    }
  }
}

const tableWords = new Set(['FROM', 'JOIN', 'INTO', 'TABLE', 'DESCRIBE', 'DESC', 'EXISTS'])

/** A quoted name where a table is named (the engine's default database takes it for a file's path), or a setting's value. */
function checkName(tokens: Token[], i: number): void {
  const token = tokens[i]!
  const before = tokens[i - 1]
  const quoted = token.kind === 'quoted' && (before?.text === ',' || (before?.text === '.' && !isSubcolumn(tokens, i)))
  const opens = tableWords.has(keyword(before) ?? '') || quoted
  const sets = before?.text === '=' && fileSetting.test(tokens[i - 2]?.text ?? '')
  if ((opens || sets) && isOutside(unquote(token))) throw denied(unquote(token))
}

/** Whether the name is the third or a later one of `table.column.path`: a table's name has two at most, and a JSON path may be any text. */
function isSubcolumn(tokens: Token[], i: number): boolean {
  let first = i
  while (tokens[first - 1]?.text === '.' && (tokens[first - 2]?.kind === 'word' || tokens[first - 2]?.kind === 'quoted')) first -= 2
  return i - first >= 4 && !tableWords.has(keyword(tokens[first - 1]) ?? '')
}

function checkCall(verb: string, tokens: Token[], i: number, params: Context['params']): void {
  const name = unquote(tokens[i]!).toLowerCase()
  const before = tokens[i - 1]
  const calls = tokens[i + 1]?.text === '('
  const source = before?.text === '(' && keyword(tokens[i - 2]) === 'SOURCE'
  const engine = keyword(before) === 'ENGINE' || (before?.text === '=' && keyword(tokens[i - 2]) === 'ENGINE')
  if (source && dictionarySources.has(name)) throw denied(name)
  if (engine && engines.has(name) && !isTableFile(tokens, i)) throw denied(name)
  if (!calls || (engine && name === 'file')) return
  if (neverCalled.has(name) || (name === 'file' && backups.has(verb))) throw denied(name)
  if (readFiles.has(name)) checkArgument(tokens, name === 'filecluster' ? afterComma(tokens, i + 2) : i + 2, params, isOutside)
  if (readUrls.has(name)) checkArgument(tokens, name === 'urlcluster' ? afterComma(tokens, i + 2) : i + 2, params, isFileUrl)
}

/** An argument that stands alone and says what it is: a string, or a parameter whose value is at hand. */
function checkArgument(tokens: Token[], i: number, params: Context['params'], isRefused: (text: string) => boolean): void {
  const token = tokens[i]
  const isParam = token?.text === '{'
  const text = isParam ? paramAt(tokens, i, params) : token?.kind === 'string' ? unquote(token) : undefined
  const next = tokens[isParam ? tokens.findIndex((other, at) => at > i && other.text === '}') + 1 : i + 1]?.text
  if (text === undefined || (next !== ',' && next !== ')') || isRefused(text)) throw denied(text ?? token?.text ?? '')
}

function afterComma(tokens: Token[], i: number): number {
  return tokens.findIndex((token, at) => at >= i && token.text === ',') + 1
}

/** The value of `{name:Type}`. */
function paramAt(tokens: Token[], i: number, params: Context['params']): string | undefined {
  return params.findLast(([name]) => name === tokens[i + 1]?.text)?.[1]
}

/** `ENGINE = File(CSV)`: a file inside the table's own folder. */
function isTableFile(tokens: Token[], i: number): boolean {
  return keyword(tokens[i]) === 'FILE' && tokens[i + 1]?.text === '(' && tokens[i + 2]?.kind === 'word' && tokens[i + 3]?.text === ')'
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || path.startsWith('~') || path.split(/[/\\]/).includes('..') || /^[a-z0-9]+:\//i.test(path)
}

function isFileUrl(text: string): boolean {
  return !/^\s*(https?|s3|gs|gcs|oss|cos|hdfs|az|abfss?):\/\//i.test(text)
}

function denied(name: string): ClickHouseFailure {
  return new ClickHouseFailure(
    497,
    'ACCESS_DENIED',
    `\`${name}\` is out of reach: the local warehouse opens files only by a relative path inside of its user_files folder, and runs no programs.`,
  )
}
