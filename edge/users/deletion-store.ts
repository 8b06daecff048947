import type { UserIds } from '#core/event/user-ids.ts'
import type { ErrorData } from '#core/lib/error.ts'

/**
 * Where a deletion is:
 *
 *   waiting ─▶ deleting ─▶ waiting-again ─▶ checking ─▶ telling ─▶ done
 *
 * It deletes twice, because what was on its way at the first time may have arrived since.
 */
export type DeletionState = 'waiting' | 'deleting' | 'waiting-again' | 'checking' | 'telling' | 'done'

/** What a destination was told. `by-hand`: it has to be done in the tool, and `message` says why. */
export interface Told {
  destination: string
  connector: string
  outcome: 'told' | 'by-hand'
  message: string
}

/** The deletion of users from all that the collector has and has written. */
export interface Deletion {
  id: string
  users: UserIds
  requestedAt: number
  state: DeletionState
  /** Rows of the warehouse that were theirs. */
  rows: number
  destinations: Told[]
  doneAt?: number
  /** When it goes on, unless it is done. */
  nextAt?: number
  /** Tries of this step that have failed. */
  failures: number
  /** Gone once the step succeeds. */
  lastError?: ErrorData
}

/** Deletions, in SQLite: what was asked for is done whatever ends the process. */
export class DeletionStore {
  readonly #sql: SqlStorage

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS deletion (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, next_at INTEGER, data TEXT NOT NULL
      );
      CREATE INDEX IF NOT EXISTS deletion_due ON deletion (next_at) WHERE next_at IS NOT NULL;
    `)
  }

  add(users: UserIds, now: number, nextAt: number): Deletion {
    const deletion: Deletion = {
      id: crypto.randomUUID(),
      users,
      requestedAt: now,
      state: 'waiting',
      rows: 0,
      destinations: [],
      nextAt,
      failures: 0,
    }
    this.#sql.exec('INSERT INTO deletion (id, next_at, data) VALUES (?, ?, ?)', deletion.id, nextAt, JSON.stringify(deletion))
    return deletion
  }

  write(deletion: Deletion): void {
    this.#sql.exec('UPDATE deletion SET next_at = ?, data = ? WHERE id = ?', deletion.nextAt ?? null, JSON.stringify(deletion), deletion.id)
  }

  get(id: string): Deletion | undefined {
    return this.#read('WHERE id = ?', id)[0]
  }

  /** The newest first. */
  list(limit: number): Deletion[] {
    return this.#read('ORDER BY number DESC LIMIT ?', limit)
  }

  /** Those that are not done, the one that goes on first first. */
  pending(): Deletion[] {
    return this.#read('WHERE next_at IS NOT NULL ORDER BY next_at, number')
  }

  /** When the first of them goes on. */
  dueAt(): number | undefined {
    return this.#sql.exec<{ at: number | null }>('SELECT min(next_at) AS at FROM deletion WHERE next_at IS NOT NULL').one().at ?? undefined
  }

  #read(clause: string, ...bindings: SqlStorageValue[]): Deletion[] {
    return this.#sql
      .exec<{ data: string }>(`SELECT data FROM deletion ${clause}`, ...bindings)
      .toArray()
      .map(({ data }) => JSON.parse(data) as Deletion)
  }
}
