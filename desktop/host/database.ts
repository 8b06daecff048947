import Database from 'better-sqlite3'
import { MillraceError } from '#core/lib/error.ts'
import { migrations } from './migrations.ts'

export type StateDatabase = Database.Database

/**
 * Opens the state database and brings it to this program's version. Commits survive the death of
 * the process; with `durable` also that of the machine, at the price of a disk sync each (SQLite docs,
 * "PRAGMA synchronous"): cursors want it, log lines do not. Throws `state-newer` when a newer
 * Millrace wrote it and `state-broken` when it is not a database, or cannot be written.
 */
export function openDatabase(path: string, options: { durable: boolean; steps?: readonly string[] }): StateDatabase {
  let database: StateDatabase | undefined
  try {
    database = new Database(path)
    database.pragma('journal_mode = WAL')
    database.pragma(`synchronous = ${options.durable ? 'FULL' : 'NORMAL'}`)
    database.pragma('foreign_keys = ON')
    database.pragma('busy_timeout = 5000')
    migrateDatabase(database, options.steps ?? migrations)
    return database
  } catch (cause) {
    database?.close()
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError({
      code: 'state-broken',
      fault: 'system',
      message: `The state database ${path} cannot be used: ${(cause as Error).message}.`,
      mend: 'Check the disk and the rights of the file; moved aside, it is made anew, and sources are read from the start.',
      cause,
    })
  }
}

/** Runs the migrations that the database has not had, each in a transaction of its own. Returns how many. */
export function migrateDatabase(database: StateDatabase, steps: readonly string[]): number {
  // The version is read under the write lock, so that two processes starting at once do not both migrate.
  const next = database.transaction(() => {
    const version = database.pragma('user_version', { simple: true }) as number
    if (version > steps.length) {
      throw new MillraceError({
        code: 'state-newer',
        fault: 'config',
        message: `The state database ${database.name} is of version ${version}; this Millrace knows version ${steps.length}.`,
        mend: 'Use the newer Millrace that wrote it.',
      })
    }
    const statement = steps[version]
    if (statement === undefined) return false
    database.exec(statement)
    database.pragma(`user_version = ${version + 1}`)
    return true
  })
  let count = 0
  while (next.immediate()) count++
  return count
}
