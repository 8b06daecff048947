import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Folder {
  path: string
  /** Made once, kept in the folder, readable by its owner only. */
  password: string
  /** What `file('name')` in SQL names. */
  userFiles: string
}

/** Makes the data folder when it is not there, for its owner only. */
export function openFolder(path: string): Folder {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const userFiles = join(path, 'user_files')
  mkdirSync(userFiles, { recursive: true, mode: 0o700 })
  return { path, userFiles, password: readPassword(join(path, 'password')) }
}

function readPassword(file: string): string {
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  if (kept !== '') return kept
  const password = randomBytes(24).toString('base64url')
  // In one step, so that a kill leaves no empty password behind.
  writeFileSync(`${file}.new`, password + '\n', { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return password
}
