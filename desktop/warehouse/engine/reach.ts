import { ClickHouseFailure } from './failure.ts'
import type { Statement } from './statement.ts'
import { type Token, keyword, unquote } from './token.ts'

// As a library, the engine reads and writes any file its user can (tried: file(), a quoted path as a table,
// url('file://…'), and user_files_path is not enforced). A server keeps to its user_files folder, so the face
// does: the process stands in that folder, and only a plain relative path gets through to these.
const readFiles = new Set(['file', 'filecluster', 'sqlite', 'filesystem'])
const neverCalled = new Set([
  'executable',
  'executablepool',
  'python',
  'iceberglocal',
  'iceberglocalcluster',
  'deltalakelocal',
  'paimonlocal',
  'disk',
  'loadlibrary',
])
const engines = new Set([
  'file',
  'sqlite',
  'filelog',
  'executable',
  'executablepool',
  'filesystem',
  'embeddedrocksdb',
  'iceberglocal',
  'deltalakelocal',
  'paimonlocal',
  'backup',
  'queryrunner',
])
const backups = new Set(['BACKUP', 'RESTORE'])
const dictionarySources = new Set(['file', 'executable', 'executable_pool', 'library', 'yamlregexptree'])

/** Throws ACCESS_DENIED for a statement that names a file outside of the user_files folder, or a program. */
export function checkReach({ verb, tokens }: Statement, params: readonly (readonly [string, string])[]): void {
  for (const [i, token] of tokens.entries()) {
    if (token.kind === 'string' && isFileUrl(unquote(token))) throw denied(unquote(token))
    if (opensTable(tokens, i) && isOutside(unquote(token))) throw denied(unquote(token))
    if (token.kind !== 'word' && token.kind !== 'quoted') continue
    const name = unquote(token).toLowerCase()
    const calls = tokens[i + 1]?.text === '('
    const before = keyword(tokens[i - 1])
    if (calls && before === 'SOURCE' && dictionarySources.has(name)) throw denied(name)
    if (calls && tokens[i - 1]?.text === '(' && keyword(tokens[i - 2]) === 'SOURCE' && dictionarySources.has(name)) throw denied(name)
    if (calls && neverCalled.has(name)) throw denied(name)
    const engine = (tokens[i - 1]?.text === '=' && keyword(tokens[i - 2]) === 'ENGINE') || before === 'ENGINE'
    if (engine && engines.has(name) && !(name === 'file' && plainFormat(tokens, i))) throw denied(name)
    else if (calls && readFiles.has(name) && !engine) checkPath(tokens[i + 2])
    if (backups.has(verb) && calls && name === 'file') throw denied(name)
  }
  for (const [name, value] of params) {
    const used = tokens.some((token, i) => token.text === '{' && tokens[i + 1]?.text === name && keyword(tokens[i + 3]) === 'IDENTIFIER')
    if (used && isOutside(value)) throw denied(value)
  }
}

function checkPath(path: Token | undefined): void {
  if (path?.kind !== 'string') throw denied(path?.text ?? '')
  if (isOutside(unquote(path))) throw denied(unquote(path))
}

/** `ENGINE = File(CSV)`: a file inside the table's own folder. */
function plainFormat(tokens: Token[], i: number): boolean {
  return tokens[i + 1]?.text === '(' && tokens[i + 2]?.kind === 'word' && tokens[i + 3]?.text === ')'
}

const tableWords = new Set(['FROM', 'JOIN', 'INTO', 'TABLE', 'DESCRIBE', 'DESC', 'EXISTS'])

/** A quoted name where a table is named: the engine's default database takes it for a file's path. */
function opensTable(tokens: Token[], i: number): boolean {
  const token = tokens[i]!
  const before = tokens[i - 1]
  if (token.kind !== 'quoted' && token.kind !== 'string') return false
  return tableWords.has(keyword(before) ?? '') || ((before?.text === '.' || before?.text === ',') && token.kind === 'quoted')
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || path.startsWith('~') || path.split('/').includes('..') || /^[a-z]+:\/\//i.test(path)
}

function isFileUrl(text: string): boolean {
  return /^\s*file:/i.test(text)
}

function denied(name: string): ClickHouseFailure {
  return new ClickHouseFailure(
    497,
    'ACCESS_DENIED',
    `\`${name}\` is out of reach: the local warehouse opens files only by a relative path inside of its user_files folder, and runs no programs.`,
  )
}
