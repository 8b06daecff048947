import { MillraceError } from '#core/lib/error.ts'
import type { SpoolStore } from '../spool/spool-store.ts'
import type { Candidate } from './candidate.ts'

/** An event that was given up; or, without its event, a time whose events were: these are to be had from the warehouse. */
export interface DeadLetter {
  id: number
  /** When it was given up. */
  at: number
  code: string
  message: string
  events: number
  /** When the first and the last of them were received. */
  from: number
  to: number
  messageId?: string
  /** As a line of `events.all`. */
  line?: string
}

/** A time whose events were given up. */
export interface LostTime {
  events: number
  from: number
  to: number
}

/** Which letters: by their ids, or all. */
export type Which = readonly number[] | 'all'

/** Times of letters this close together are one, in milliseconds. */
const seam = 60_000
/** What a letter takes on average at most, in characters: many large ones are as many too many. */
const letterSize = 4096
/** What a list holds at most, in characters: an answer of RPC has a limit of 32 MB (Cloudflare docs: RPC). */
const listSize = 6 * 1024 * 1024

/**
 * What destinations have not got, durable until it is replayed or dropped. Each is also noted in `events.undelivered`.
 * Past `most` letters of a destination, the oldest lose their events and become one letter of a time.
 */
export class DeadLetters {
  readonly #storage: DurableObjectStorage
  readonly #chunks: SpoolStore
  readonly #most: number

  constructor(storage: DurableObjectStorage, chunks: SpoolStore, most: number) {
    this.#storage = storage
    this.#chunks = chunks
    this.#most = most
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS dead (
        id INTEGER PRIMARY KEY AUTOINCREMENT, destination TEXT NOT NULL, at INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
        events INTEGER NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, bytes INTEGER NOT NULL, message_id TEXT, line TEXT
      );
      CREATE INDEX IF NOT EXISTS dead_of ON dead (destination, id, events, bytes);
    `)
  }

  /** Events, each with what was against it. Within the transaction of the caller, as its last step. */
  bury(destination: string, dead: readonly { candidate: Candidate; error: MillraceError }[], now: number): void {
    if (dead.length === 0) return
    for (const { candidate, error } of dead) {
      const { messageId, receivedAt } = candidate.event
      const at = Date.parse(receivedAt)
      this.#insert(destination, {
        at: now,
        code: error.code,
        message: error.message,
        events: 1,
        from: at,
        to: at,
        messageId,
        line: candidate.line,
      })
    }
    this.#fold(destination, now)
    const lines = dead.map(({ candidate: { event }, error }) => {
      const at = Date.parse(event.receivedAt)
      return logLine(destination, error, { events: 1, from: at, to: at }, event.messageId, now)
    })
    this.#chunks.append([{ target: 'undelivered', lines: lines.join('\n'), counts: { [destination]: lines.length }, seen: [] }], now, {})
  }

  /** All events of a time. Within the transaction of the caller, as its last step. */
  buryTime(destination: string, lost: LostTime, error: MillraceError, now: number): void {
    this.#buryTime(destination, lost, error, now)
    const line = logLine(destination, error, lost, '', now)
    this.#chunks.append([{ target: 'undelivered', lines: line, counts: { [destination]: 1 }, seen: [] }], now, {})
  }

  /** The newest first; fewer than `limit` where they are large. */
  list(destination: string, limit: number): DeadLetter[] {
    const sql = `
      SELECT id, at, code, message, events, from_at AS "from", to_at AS "to", message_id AS messageId, line
      FROM dead WHERE destination = ? ORDER BY id DESC LIMIT ?`
    const letters: DeadLetter[] = []
    let size = 0
    for (const row of this.#storage.sql.exec<Record<string, SqlStorageValue>>(sql, destination, limit)) {
      const letter = withoutNull(row)
      size += letter.line?.length ?? 0
      if (size > listSize && letters.length > 0) break
      letters.push(letter)
    }
    return letters
  }

  /** How many events, by destination. */
  counts(): Map<string, number> {
    const sql = 'SELECT destination, sum(events) AS events FROM dead GROUP BY destination'
    return new Map(
      this.#storage.sql
        .exec<{ destination: string; events: number }>(sql)
        .toArray()
        .map(({ destination, events }) => [destination, events]),
    )
  }

  /** Forgets letters, and returns how many events they were. */
  drop(destination: string, which: Which): number {
    const sql = `DELETE FROM dead WHERE destination = ? AND ${idIn} RETURNING events`
    let events = 0
    for (const row of this.#storage.sql.exec<{ events: number }>(sql, destination, ...idsOf(which))) events += row.events
    return events
  }

  #buryTime(destination: string, { events, from, to }: LostTime, { code, message }: MillraceError, now: number): void {
    const { sql } = this.#storage
    const last = sql
      .exec<{ id: number; to_at: number }>(
        'SELECT id, to_at FROM dead WHERE destination = ? AND code = ? AND bytes = 0 ORDER BY id DESC LIMIT 1',
        destination,
        code,
      )
      .toArray()[0]
    if (last !== undefined && from - last.to_at <= seam) {
      const update =
        'UPDATE dead SET events = events + ?, from_at = min(from_at, ?), to_at = max(to_at, ?), at = ?, message = ? WHERE id = ?'
      sql.exec(update, events, from, to, now, message, last.id)
    } else this.#insert(destination, { at: now, code, message, events, from, to })
  }

  #insert(destination: string, { at, code, message, events, from, to, messageId, line }: Omit<DeadLetter, 'id'>): void {
    const sql =
      'INSERT INTO dead (destination, at, code, message, events, from_at, to_at, bytes, message_id, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
    this.#storage.sql.exec(sql, destination, at, code, message, events, from, to, line?.length ?? 0, messageId ?? null, line ?? null)
  }

  #fold(destination: string, now: number): void {
    const { sql } = this.#storage
    // A letter of a time has no bytes.
    const held = sql
      .exec<{ letters: number; bytes: number }>(
        'SELECT count(*) AS letters, coalesce(sum(bytes), 0) AS bytes FROM dead WHERE destination = ? AND bytes > 0',
        destination,
      )
      .one()
    const most = { letters: this.#most, bytes: this.#most * letterSize }
    if (held.letters <= most.letters && held.bytes <= most.bytes) return
    // Somewhat more than need be, so that this is not done for each letter.
    const over = { letters: held.letters - most.letters * 0.95, bytes: held.bytes - most.bytes * 0.95 }
    let last = 0
    for (const { id, bytes } of sql.exec<{ id: number; bytes: number }>(
      'SELECT id, bytes FROM dead WHERE destination = ? AND bytes > 0 ORDER BY id',
      destination,
    )) {
      if (over.letters <= 0 && over.bytes <= 0) break
      over.letters -= 1
      over.bytes -= bytes
      last = id
    }
    const oldest = 'FROM dead WHERE destination = ? AND bytes > 0 AND id <= ?'
    const lost = sql
      .exec<{ events: number; from: number; to: number }>(
        `SELECT sum(events) AS events, min(from_at) AS "from", max(to_at) AS "to" ${oldest}`,
        destination,
        last,
      )
      .one()
    sql.exec(`DELETE ${oldest}`, destination, last)
    this.#buryTime(destination, lost, tooMany(this.#most), now)
  }
}

/** SQL's condition, and what it binds. */
export const idIn = '(? OR id IN (SELECT value FROM json_each(?)))'
export function idsOf(which: Which): [number, string] {
  return which === 'all' ? [1, '[]'] : [0, JSON.stringify(which)]
}

function logLine(
  destination: string,
  { code, message }: MillraceError,
  { events, from, to }: LostTime,
  messageId: string,
  now: number,
): string {
  return JSON.stringify({
    destination,
    at: iso(now),
    code,
    message: message.toWellFormed(),
    message_id: messageId,
    events,
    received_from: iso(from),
    received_to: iso(to),
  })
}

function iso(time: number): string {
  return new Date(time).toISOString()
}

function tooMany(most: number): MillraceError {
  const message = `More than ${most} events were given up: of the oldest only their time is kept.`
  return new MillraceError({ code: 'dead-letters-full', fault: 'transient', message })
}

function withoutNull(row: Record<string, SqlStorageValue>): DeadLetter {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as DeadLetter
}
