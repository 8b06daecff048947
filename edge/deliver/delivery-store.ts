import { streamedEvent } from '#core/event/streamed.ts'
import type { UserIds } from '#core/event/user-ids.ts'
import type { MillraceError } from '#core/lib/error.ts'
import type { SpoolStore } from '../spool/spool-store.ts'
import type { Candidate } from './candidate.ts'
import type { Cut, Position } from './cut.ts'
import { type DeadLetters, idIn, idsOf, type LostTime, type Which } from './dead-letters.ts'
import { lineIsOfUsers, lineIsOfUsersBindings } from './lines-of-users.ts'
import { type Counts, noCounts, type Settlement } from './settlement.ts'

/** How far a destination has come. A position is replaced, never changed: who holds one sees that it is still current. */
export interface Cursor {
  position: Position
  /** The end of the batch that may be on its way, noted before it goes. */
  flight: Position | undefined
  counts: Counts
  /** Of the spool's events, as `SpoolStore.events` counts them, those before the position. */
  passed: { rows: number; bytes: number }
}

export interface Waiting extends Candidate {
  id: number
}

/** What is read of them at a time, in characters. */
const waitingSize = 4 * 1024 * 1024

/** A replay of a time range: reads the warehouse from `from` to before `to`, and has come to the event `(at, key)`. */
export interface Replay {
  id: number
  from: number
  to: number
  at: number
  key: string
}

/**
 * What destinations have got and what they are still to get, in the spool's SQLite: a cursor each, events that are
 * tried again on their own, replays. All that a batch settles is one transaction.
 */
export class DeliveryStore {
  readonly #storage: DurableObjectStorage
  readonly #chunks: SpoolStore
  readonly #letters: DeadLetters
  readonly cursors = new Map<string, Cursor>()

  constructor(storage: DurableObjectStorage, chunks: SpoolStore, letters: DeadLetters) {
    this.#storage = storage
    this.#chunks = chunks
    this.#letters = letters
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS destination (
        name TEXT PRIMARY KEY, chunk INTEGER NOT NULL, row INTEGER NOT NULL, flight_chunk INTEGER, flight_row INTEGER, counts TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS waiting (
        id INTEGER PRIMARY KEY, destination TEXT NOT NULL, due_at INTEGER NOT NULL, tries INTEGER NOT NULL, strikes INTEGER NOT NULL,
        taken INTEGER NOT NULL, since INTEGER NOT NULL, bytes INTEGER NOT NULL, line TEXT NOT NULL
      );
      CREATE INDEX IF NOT EXISTS waiting_of ON waiting (destination, due_at, tries, bytes);
      CREATE TABLE IF NOT EXISTS replay (
        id INTEGER PRIMARY KEY, destination TEXT NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, at INTEGER NOT NULL, key TEXT NOT NULL
      );
    `)
    type Row = { name: string; chunk: number; row: number; flight_chunk: number | null; flight_row: number | null; counts: string }
    for (const row of storage.sql.exec<Row>('SELECT * FROM destination').toArray()) {
      const position = { chunk: row.chunk, row: row.row }
      const flight = row.flight_chunk === null ? undefined : { chunk: row.flight_chunk, row: row.flight_row! }
      this.cursors.set(row.name, { position, flight, counts: { ...noCounts, ...JSON.parse(row.counts) }, passed: this.#passed(position) })
    }
    this.#hold()
  }

  /** A destination that is new begins at the end of the spool. */
  open(name: string): void {
    if (this.cursors.has(name)) return
    const position = { chunk: this.#chunks.end, row: 0 }
    this.cursors.set(name, { position, flight: undefined, counts: { ...noCounts }, passed: { ...this.#chunks.events } })
    this.#write(name)
    this.#hold()
  }

  /** Gives up a destination's cursor, and what is to be tried again. Its dead letters stay. */
  close(name: string): void {
    this.#storage.transactionSync(() => {
      for (const table of ['waiting', 'replay']) this.#storage.sql.exec(`DELETE FROM ${table} WHERE destination = ?`, name)
      this.#storage.sql.exec('DELETE FROM destination WHERE name = ?', name)
    })
    this.cursors.delete(name)
    this.#hold()
  }

  /** Events of the spool that a destination has not looked at. */
  behind(name: string): { rows: number; bytes: number } {
    const { passed } = this.cursors.get(name)!
    const { rows, bytes } = this.#chunks.events
    return { rows: rows - passed.rows, bytes: bytes - passed.bytes }
  }

  /** When the oldest of them was received. */
  oldestAt(name: string): number | undefined {
    for (const { receivedAt } of this.#chunks.eventsFrom(this.cursors.get(name)!.position.chunk)) return receivedAt
    return undefined
  }

  /** Notes the end of a batch that is about to go, so that after a crash the same one goes. */
  begin(name: string, end: Position): void {
    const cursor = this.cursors.get(name)!
    if (cursor.flight?.chunk === end.chunk && cursor.flight.row === end.row) return
    cursor.flight = end
    this.#write(name)
  }

  /** Settles a batch cut from the spool: the cursor moves behind it, unless it was moved meanwhile. */
  advance(name: string, batch: Cut, settlement: Settlement, now: number): void {
    const cursor = this.cursors.get(name)!
    const current = cursor.position === batch.from
    const next: Cursor = current
      ? {
          ...cursor,
          position: batch.end,
          flight: undefined,
          passed: { rows: cursor.passed.rows + batch.rows, bytes: cursor.passed.bytes + batch.bytes },
        }
      : cursor
    // What was given up meanwhile is in a dead letter already.
    const { later, dead } = current ? settlement : { later: [], dead: [] }
    const counts = add(next.counts, settlement.counts)
    this.#settle(name, { ...next, counts }, { ...settlement, later, dead }, now, () => undefined)
    if (current && batch.end.chunk !== batch.from.chunk) this.#hold()
  }

  /** Counts events that are to go again; durable with what is settled next. */
  countRetried(name: string, events: number): void {
    const cursor = this.cursors.get(name)!
    cursor.counts = add(cursor.counts, { ...noCounts, retried: events })
  }

  /** Settles events that were waiting. */
  settleWaiting(name: string, batch: readonly Waiting[], settlement: Settlement, now: number): void {
    const cursor = this.cursors.get(name)!
    this.#settle(name, { ...cursor, counts: add(cursor.counts, settlement.counts) }, settlement, now, () => {
      this.#storage.sql.exec('DELETE FROM waiting WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(batch.map(({ id }) => id)))
    })
  }

  /** Settles a batch of a replay, which has come to `(at, key)`. */
  settleReplay(name: string, { id }: Replay, to: Pick<Replay, 'at' | 'key'>, settlement: Settlement, now: number): void {
    const cursor = this.cursors.get(name)!
    this.#settle(name, { ...cursor, counts: add(cursor.counts, settlement.counts) }, settlement, now, () => {
      this.#storage.sql.exec('UPDATE replay SET at = ?, key = ? WHERE id = ?', to.at, to.key, id)
    })
  }

  /** Events that are due to be tried again, the longest due first; fewer than `limit` where they are large. */
  waiting(name: string, now: number, limit: number): Waiting[] {
    const sql =
      'SELECT id, tries, strikes, taken, since, line FROM waiting WHERE destination = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?'
    type Row = { id: number; tries: number; strikes: number; taken: number; since: number; line: string }
    const due: Waiting[] = []
    let size = 0
    for (const row of this.#storage.sql.exec<Row>(sql, name, now, limit)) {
      size += row.line.length
      if (size > waitingSize && due.length > 0) break
      due.push({ ...row, event: streamedEvent(row.line)! })
    }
    return due
  }

  /** How many wait, how many of them have failed before, how many characters they are, and when the first is due. */
  waitingCounts(name: string): { events: number; failed: number; bytes: number; dueAt: number | undefined } {
    const { dueAt, ...counts } = this.#storage.sql
      .exec<{ events: number; failed: number; bytes: number; dueAt: number | null }>(
        `SELECT count(*) AS events, coalesce(sum(tries > 0), 0) AS failed, coalesce(sum(bytes), 0) AS bytes, min(due_at) AS dueAt
         FROM waiting WHERE destination = ?`,
        name,
      )
      .one()
    return { ...counts, dueAt: dueAt ?? undefined }
  }

  /** Gives up the oldest of the spool's events for a destination: those over `bytes`, and those received before `before`. */
  skip(name: string, limit: { bytes: number; before: number }, error: MillraceError, now: number): LostTime | undefined {
    const cursor = this.cursors.get(name)!
    const { position } = cursor
    let over = this.behind(name).bytes - limit.bytes
    let lost: (LostTime & { last: number; bytes: number }) | undefined
    for (const { id, rows, bytes, receivedAt } of this.#chunks.eventsFrom(position.chunk)) {
      if (over <= 0 && receivedAt >= limit.before) break
      over -= bytes
      const left = id === position.chunk ? rows - position.row : rows
      lost = {
        events: (lost?.events ?? 0) + left,
        // A chunk is written after its events were received, by no more than the gatherer's patience.
        from: lost?.from ?? receivedAt - 30_000,
        to: receivedAt,
        last: id,
        bytes: (lost?.bytes ?? 0) + bytes,
      }
    }
    if (lost === undefined) return undefined
    const passed = { rows: cursor.passed.rows + lost.events, bytes: cursor.passed.bytes + lost.bytes }
    const next: Cursor = { ...cursor, position: { chunk: lost.last + 1, row: 0 }, flight: undefined, passed }
    const { events, from, to } = lost
    this.#storage.transactionSync(() => {
      this.#write(name, next)
      this.#letters.buryTime(name, { events, from, to }, error, now)
    })
    this.cursors.set(name, next)
    this.#hold()
    return { events, from, to }
  }

  /** Has dead letters delivered again: their events, or a replay of their time. Returns how many events they were. */
  revive(name: string, which: Which, now: number): number {
    return this.#storage.transactionSync(() => {
      const { sql } = this.#storage
      const letters = `FROM dead WHERE destination = ? AND ${idIn}`
      sql.exec(
        `INSERT INTO waiting (destination, due_at, tries, strikes, taken, since, bytes, line)
         SELECT destination, ?, 0, 0, 0, 0, bytes, line ${letters} AND line IS NOT NULL ORDER BY id`,
        now,
        name,
        ...idsOf(which),
      )
      sql.exec(
        `INSERT INTO replay (destination, from_at, to_at, at, key)
         SELECT destination, from_at, to_at + 1, from_at, '' ${letters} AND line IS NULL ORDER BY id`,
        name,
        ...idsOf(which),
      )
      return this.#letters.drop(name, which)
    })
  }

  addReplay(name: string, { from, to }: { from: number; to: number }): void {
    this.#storage.sql.exec("INSERT INTO replay (destination, from_at, to_at, at, key) VALUES (?, ?, ?, ?, '')", name, from, to, from)
  }

  cancelReplays(name: string): number {
    return this.#storage.sql.exec('DELETE FROM replay WHERE destination = ? RETURNING id', name).toArray().length
  }

  endReplay({ id }: Replay): void {
    this.#storage.sql.exec('DELETE FROM replay WHERE id = ?', id)
  }

  /** Replays that are not done, the one that goes first first. */
  replays(name: string): Replay[] {
    const sql = 'SELECT id, from_at AS "from", to_at AS "to", at, key FROM replay WHERE destination = ? ORDER BY id'
    return this.#storage.sql.exec<Record<string, SqlStorageValue>>(sql, name).toArray() as unknown as Replay[]
  }

  /** Removes users' events from those that wait and from dead letters. Returns how many. */
  erase(users: UserIds): number {
    let removed = 0
    for (const table of ['waiting', 'dead']) {
      const sql = `DELETE FROM ${table} WHERE line IS NOT NULL AND ${lineIsOfUsers} RETURNING 1`
      removed += this.#storage.sql.exec(sql, ...lineIsOfUsersBindings(users)).toArray().length
    }
    return removed
  }

  #settle(name: string, next: Cursor, { later, dead }: Settlement, now: number, also: () => void): void {
    this.#storage.transactionSync(() => {
      this.#write(name, next)
      also()
      const sql = 'INSERT INTO waiting (destination, due_at, tries, strikes, taken, since, bytes, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
      for (const { dueAt, tries, strikes, taken, since, line } of later) {
        this.#storage.sql.exec(sql, name, Math.ceil(dueAt), tries, strikes, taken, since, line.length, line)
      }
      this.#letters.bury(name, dead, now)
    })
    this.cursors.set(name, next)
  }

  #write(name: string, { position, flight, counts }: Cursor = this.cursors.get(name)!): void {
    this.#storage.sql.exec(
      `INSERT INTO destination (name, chunk, row, flight_chunk, flight_row, counts) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET
         chunk = excluded.chunk, row = excluded.row, flight_chunk = excluded.flight_chunk, flight_row = excluded.flight_row, counts = excluded.counts`,
      name,
      position.chunk,
      position.row,
      flight?.chunk ?? null,
      flight?.row ?? null,
      JSON.stringify(counts),
    )
  }

  #passed({ chunk, row }: Position): Cursor['passed'] {
    let ahead = { rows: -row, bytes: 0 }
    let first = true
    for (const { id, rows, bytes } of this.#chunks.eventsFrom(chunk)) {
      // A row within a chunk that is not of events, or gone, is no row.
      if (first && id !== chunk) ahead.rows = 0
      first = false
      ahead = { rows: ahead.rows + rows, bytes: ahead.bytes + bytes }
    }
    if (first) ahead.rows = 0
    return { rows: this.#chunks.events.rows - ahead.rows, bytes: this.#chunks.events.bytes - ahead.bytes }
  }

  #hold(): void {
    this.#chunks.hold(Math.min(Infinity, ...Array.from(this.cursors.values(), ({ position }) => position.chunk)))
  }
}

function add(a: Counts, b: Counts): Counts {
  return {
    delivered: a.delivered + b.delivered,
    filtered: a.filtered + b.filtered,
    skipped: a.skipped + b.skipped,
    rejected: a.rejected + b.rejected,
    retried: a.retried + b.retried,
  }
}
