import type { StateStore, StoredState } from '#core/pipeline/state.ts'
import type { StateDatabase } from './database.ts'

/** Cursors of ETL streams in SQLite: on the disk when `set` resolves (the database syncs every commit). */
export function createStateStore(database: StateDatabase): StateStore {
  const selectAll = database.prepare<[], CursorRow>('SELECT * FROM cursors ORDER BY source, stream')
  const selectSource = database.prepare<[string], CursorRow>('SELECT * FROM cursors WHERE source = ? ORDER BY stream')
  const selectOne = database.prepare<[string, string], CursorRow>('SELECT * FROM cursors WHERE source = ? AND stream = ?')
  const write = database.prepare(
    `INSERT INTO cursors (source, stream, version, value, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (source, stream) DO UPDATE SET version = excluded.version, value = excluded.value, at = excluded.at`,
  )
  const remove = database.prepare('DELETE FROM cursors WHERE source = ? AND stream = ?')
  return {
    async get(source, stream) {
      const row = selectOne.get(source, stream)
      return row === undefined ? undefined : toState(row)
    },
    async set(source, stream, state) {
      write.run(source, stream, state.version, JSON.stringify(state.value), state.at)
    },
    async list(source) {
      return (source === undefined ? selectAll.all() : selectSource.all(source)).map(toState)
    },
    async delete(source, stream) {
      remove.run(source, stream)
    },
  }
}

interface CursorRow {
  source: string
  stream: string
  version: number
  value: string
  at: number
}

function toState(row: CursorRow): StoredState {
  return { source: row.source, stream: row.stream, version: row.version, value: JSON.parse(row.value), at: row.at }
}
