import { statSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { MillraceError } from '#core/lib/error.ts'

export type Database = Sqlite.Database

/** Milliseconds to wait for a writer that holds the file. */
const patience = 10_000

/** Opens the file to read only. In WAL mode writers go on meanwhile; in the older modes they wait for one page at most. */
export function openDatabase(path: string): Database {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new MillraceError({
      code: 'no-such-file',
      fault: 'config',
      message: `There is no file ${path}.`,
      mend: 'Correct path in the source file.',
      at: { field: 'path' },
    })
  }
  return guarded(path, () => {
    const database = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: patience })
    try {
      // Integers have 64 bits; as JavaScript's numbers they would be rounded.
      database.defaultSafeIntegers(true)
      database.prepare('SELECT count(*) FROM sqlite_schema').get()
      return database
    } catch (thrown) {
      database.close()
      throw thrown
    }
  })
}

/** Runs work on the database, its failures told as ours (result codes: sqlite.org/rescode.html). */
export function guarded<Value>(path: string, work: () => Value): Value {
  try {
    return work()
  } catch (thrown) {
    throw thrown instanceof Sqlite.SqliteError ? sqliteError(thrown, path) : thrown
  }
}

function sqliteError(thrown: InstanceType<typeof Sqlite.SqliteError>, path: string): MillraceError {
  const is = (code: string) => thrown.code === code || thrown.code.startsWith(`${code}_`)
  if (is('SQLITE_NOTADB')) {
    return new MillraceError({
      code: 'not-a-database',
      fault: 'config',
      message: `${path} is no SQLite database, or it is encrypted.`,
      mend: 'Name another file under path, or decrypt a copy of it.',
      cause: thrown,
    })
  }
  if (is('SQLITE_BUSY') || is('SQLITE_LOCKED')) {
    return new MillraceError({
      code: 'database-busy',
      fault: 'transient',
      message: `${path} is being written to for longer than ${patience / 1000} seconds.`,
      mend: 'Try again, or let the writing program use the WAL mode: PRAGMA journal_mode = WAL.',
      cause: thrown,
    })
  }
  if (is('SQLITE_CANTOPEN') || is('SQLITE_READONLY') || is('SQLITE_PERM') || is('SQLITE_AUTH')) {
    return new MillraceError({
      code: 'cannot-open',
      fault: 'config',
      message: `${path} cannot be opened: ${thrown.message}.`,
      mend: 'It must be a file that this user may read; in WAL mode its folder must be writable too, for the -shm file (sqlite.org/wal.html, "Read-Only Databases").',
      cause: thrown,
    })
  }
  if (is('SQLITE_CORRUPT')) {
    return new MillraceError({
      code: 'database-corrupt',
      fault: 'config',
      message: `${path} is damaged: ${thrown.message}.`,
      mend: 'See what PRAGMA integrity_check says, and mend it with .recover of the sqlite3 program.',
      cause: thrown,
    })
  }
  return new MillraceError({ code: 'database-error', fault: 'system', message: `${path}: ${thrown.message}`, cause: thrown })
}
