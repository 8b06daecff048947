import type { UserIds } from '#core/event/user-ids.ts'

export type UserKind = 'user' | 'anonymous'

/** Someone whose events are not taken. */
export interface Suppression {
  kind: UserKind
  id: string
  /** When it was asked for, in milliseconds since the epoch. */
  since: number
}

/** What has become of the list since a version: as much as goes into one answer. */
export interface Changes {
  /** The version that these lead to. */
  version: number
  added: [kind: UserKind, id: string][]
  removed: [kind: UserKind, id: string][]
  /** Whether there are more. */
  more: boolean
}

/** How many ids may be suppressed at once: every isolate has them all in its memory, some 100 bytes each. */
export const mostSuppressed = 200_000
/** Changes of one answer. */
const page = 10_000

/** Who is suppressed, in SQLite. Each change has a version, so that who has the list needs only what changed since. */
export class SuppressionList {
  readonly #sql: SqlStorage

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql
    // Removed ones stay for those who have yet to hear of it.
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS suppression (
        kind TEXT NOT NULL, id TEXT NOT NULL, since INTEGER NOT NULL, removed INTEGER NOT NULL, version INTEGER NOT NULL UNIQUE,
        PRIMARY KEY (kind, id)
      ) WITHOUT ROWID;
    `)
  }

  /** @returns how many were not suppressed before; undefined, and nothing is done, where that would be too many */
  add(users: UserIds, now: number): number | undefined {
    const fresh = keysOf(users).filter(([kind, id]) => !this.#has(kind, id))
    if (this.count() + fresh.length > mostSuppressed) return undefined
    for (const [kind, id] of fresh) this.#write(kind, id, now, 0)
    return fresh.length
  }

  /** @returns how many were suppressed */
  remove(users: UserIds, now: number): number {
    const known = keysOf(users).filter(([kind, id]) => this.#has(kind, id))
    for (const [kind, id] of known) this.#write(kind, id, now, 1)
    return known.length
  }

  count(): number {
    return this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM suppression WHERE removed = 0').one().count
  }

  /** The newest first. */
  list(limit: number): Suppression[] {
    const sql = 'SELECT kind, id, since FROM suppression WHERE removed = 0 ORDER BY version DESC LIMIT ?'
    return this.#sql.exec<Record<string, SqlStorageValue>>(sql, limit).toArray() as unknown as Suppression[]
  }

  since(kind: UserKind, id: string): number | undefined {
    const sql = 'SELECT since FROM suppression WHERE kind = ? AND id = ? AND removed = 0'
    return this.#sql.exec<{ since: number }>(sql, kind, id).toArray()[0]?.since
  }

  /** Undefined when there are none. */
  changes(after: number): Changes | undefined {
    const sql = 'SELECT kind, id, removed, version FROM suppression WHERE version > ? ORDER BY version LIMIT ?'
    const rows = this.#sql.exec<{ kind: string; id: string; removed: number; version: number }>(sql, after, page).toArray()
    const last = rows.at(-1)
    if (last === undefined) return undefined
    const of = (removed: number) =>
      rows.filter((row) => row.removed === removed).map(({ kind, id }): [UserKind, string] => [kind as UserKind, id])
    return { version: last.version, added: of(0), removed: of(1), more: rows.length === page }
  }

  #has(kind: UserKind, id: string): boolean {
    return this.since(kind, id) !== undefined
  }

  #write(kind: UserKind, id: string, since: number, removed: number): void {
    this.#sql.exec(
      `INSERT INTO suppression (kind, id, since, removed, version)
       VALUES (?, ?, ?, ?, (SELECT coalesce(max(version), 0) + 1 FROM suppression))
       ON CONFLICT (kind, id) DO UPDATE SET since = excluded.since, removed = excluded.removed, version = excluded.version`,
      kind,
      id,
      since,
      removed,
    )
  }
}

function keysOf({ userIds, anonymousIds }: UserIds): [UserKind, string][] {
  return [...new Set(userIds)]
    .map((id): [UserKind, string] => ['user', id])
    .concat([...new Set(anonymousIds)].map((id) => ['anonymous', id]))
}
