import type { SeenRow } from '#core/event/seen.ts'

/** A part of a request's rows, small enough for one row of SQLite (2 MB on Cloudflare). */
export interface Part {
  target: Target
  /** Lines of JSONEachRow, joined by newlines. */
  lines: string
  /** Rows by source. */
  counts: Record<string, number>
  /** What no row before these had, for the views. */
  seen: readonly SeenRow[]
}

export type Target = 'all' | 'rejected'

/** Events that were only counted, by reason. */
export type DropCounts = Record<string, number>

/** Chunks `first` to `last`, both included: what one flush covers. */
export interface Range {
  first: number
  last: number
}

export interface Chunk {
  id: number
  target: Target
  lines: string
  seen: SeenRow[]
  receivedAt: number
}

export interface SourceCounts {
  accepted: number
  rejected: number
  flushed: number
  lastAt: number
  dropped: DropCounts
}

/**
 * The spool's disk: rows that were answered 200 and are not yet acknowledged by the warehouse, in SQLite.
 * Totals are kept in memory beside it, and made anew from it on start.
 */
export class SpoolStore {
  readonly #storage: DurableObjectStorage
  readonly sources = new Map<string, SourceCounts>()
  rows = 0
  bytes = 0
  batches = 0
  flushedRows = 0
  #lastId = 0

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    const { sql } = storage
    sql.exec(`
      CREATE TABLE IF NOT EXISTS chunk (
        id INTEGER PRIMARY KEY, target TEXT NOT NULL, lines TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
        counts TEXT NOT NULL, seen TEXT, received_at INTEGER NOT NULL
      );
      CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS source (
        name TEXT PRIMARY KEY, accepted INTEGER NOT NULL, rejected INTEGER NOT NULL, last_at INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS dropped (
        source TEXT NOT NULL, reason TEXT NOT NULL, events INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (source, reason)
      ) WITHOUT ROWID;
    `)
    this.#recount()
  }

  /** Names this spool for ever, so that the tokens of two spools never meet. */
  get name(): string {
    const name = this.#get('name')
    if (name !== undefined) return name
    const fresh = crypto.randomUUID()
    this.#set('name', fresh)
    return fresh
  }

  /** Adds all parts in one transaction; durable once the object's answer leaves it (the output gate of durable objects). */
  append(parts: readonly Part[], receivedAt: number, dropped: Record<string, DropCounts>): void {
    const drops = Object.entries(dropped)
    const insert = () => parts.forEach((part, index) => this.#insert(this.#lastId + 1 + index, part, receivedAt))
    // One INSERT is a transaction by itself; a savepoint around it would only cost.
    if (parts.length === 1 && drops.length === 0) insert()
    else
      this.#storage.transactionSync(() => {
        insert()
        for (const [source, counts] of drops) this.#noteDropped(source, counts, receivedAt)
      })
    for (const [source, counts] of drops)
      for (const [reason, count] of Object.entries(counts)) this.#countDropped(source, reason, count, receivedAt)
    this.#lastId += parts.length
    for (const part of parts) {
      this.bytes += part.lines.length
      this.rows += this.#count(part.target, part.counts, receivedAt)
    }
  }

  #insert(id: number, { target, lines, counts, seen }: Part, receivedAt: number): void {
    let rows = 0
    for (const name in counts) rows += counts[name]!
    const sql = 'INSERT INTO chunk (id, target, lines, rows, bytes, counts, seen, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
    const sightings = seen.length === 0 ? null : JSON.stringify(seen)
    this.#storage.sql.exec(sql, id, target, lines, rows, lines.length, JSON.stringify(counts), sightings, receivedAt)
  }

  /** When the oldest row was received. */
  oldestAt(): number | undefined {
    return this.#row<{ received_at: number }>('SELECT received_at FROM chunk ORDER BY id LIMIT 1')?.received_at
  }

  /**
   * What to flush next: the range that was begun and not acknowledged, else a new one from the oldest chunk on.
   * It is noted before it is used, so that after a crash the same rows go with the same token.
   */
  take(maxRows: number, maxBytes: number): Range | undefined {
    const begun = this.#get('flight')
    if (begun !== undefined) return JSON.parse(begun) as Range
    let range: Range | undefined
    let rows = 0
    let bytes = 0
    for (const chunk of this.#storage.sql.exec<{ id: number; rows: number; bytes: number }>(
      'SELECT id, rows, bytes FROM chunk ORDER BY id',
    )) {
      rows += chunk.rows
      bytes += chunk.bytes
      if (range !== undefined && (rows > maxRows || bytes > maxBytes)) break
      range = { first: range?.first ?? chunk.id, last: chunk.id }
    }
    if (range !== undefined) this.#set('flight', JSON.stringify(range))
    return range
  }

  read({ first, last }: Range): Chunk[] {
    const sql = 'SELECT id, target, lines, seen, received_at FROM chunk WHERE id BETWEEN ? AND ? ORDER BY id'
    type Row = { id: number; target: string; lines: string; seen: string | null; received_at: number }
    return this.#storage.sql
      .exec<Row>(sql, first, last)
      .toArray()
      .map(({ id, target, lines, seen, received_at }) => ({
        id,
        target: target as Target,
        lines,
        seen: seen === null ? [] : (JSON.parse(seen) as SeenRow[]),
        receivedAt: received_at,
      }))
  }

  /** Forgets what the warehouse has acknowledged. */
  forget({ first, last }: Range): void {
    const { sql } = this.#storage
    const chunks = sql
      .exec<{ target: string; rows: number; bytes: number; counts: string; received_at: number }>(
        'SELECT target, rows, bytes, counts, received_at FROM chunk WHERE id BETWEEN ? AND ?',
        first,
        last,
      )
      .toArray()
    this.#storage.transactionSync(() => {
      sql.exec('DELETE FROM chunk WHERE id BETWEEN ? AND ?', first, last)
      sql.exec("DELETE FROM state WHERE key = 'flight'")
      this.#set('forgotten', String(last))
      this.#set('batches', String(this.batches + 1))
      for (const { target, counts, received_at } of chunks)
        this.#noteFlushed(target as Target, JSON.parse(counts) as Record<string, number>, received_at)
    })
    this.batches += 1
    for (const { rows, bytes, counts } of chunks) {
      this.rows -= rows
      this.bytes -= bytes
      this.flushedRows += rows
      for (const [name, count] of Object.entries(JSON.parse(counts) as Record<string, number>)) this.sources.get(name)!.flushed += count
    }
  }

  #noteFlushed(target: Target, counts: Record<string, number>, receivedAt: number): void {
    for (const [name, count] of Object.entries(counts)) {
      this.#storage.sql.exec(
        `INSERT INTO source (name, accepted, rejected, last_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET
           accepted = accepted + excluded.accepted, rejected = rejected + excluded.rejected, last_at = max(last_at, excluded.last_at)`,
        name,
        target === 'all' ? count : 0,
        target === 'rejected' ? count : 0,
        receivedAt,
      )
    }
  }

  #noteDropped(source: string, counts: DropCounts, receivedAt: number): void {
    for (const [reason, count] of Object.entries(counts)) {
      this.#storage.sql.exec(
        `INSERT INTO dropped (source, reason, events, last_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (source, reason) DO UPDATE SET events = events + excluded.events, last_at = max(last_at, excluded.last_at)`,
        source,
        reason,
        count,
        receivedAt,
      )
    }
  }

  #recount(): void {
    const { sql } = this.#storage
    type Source = { name: string; accepted: number; rejected: number; last_at: number }
    for (const { name, accepted, rejected, last_at } of sql.exec<Source>('SELECT * FROM source')) {
      this.sources.set(name, { accepted, rejected, flushed: accepted + rejected, lastAt: last_at, dropped: {} })
      this.flushedRows += accepted + rejected
    }
    type Pending = { id: number; target: string; bytes: number; counts: string; received_at: number }
    for (const chunk of sql.exec<Pending>('SELECT id, target, bytes, counts, received_at FROM chunk ORDER BY id')) {
      this.bytes += chunk.bytes
      this.rows += this.#count(chunk.target as Target, JSON.parse(chunk.counts) as Record<string, number>, chunk.received_at)
      this.#lastId = chunk.id
    }
    type Drops = { source: string; reason: string; events: number; last_at: number }
    for (const { source, reason, events, last_at } of sql.exec<Drops>('SELECT source, reason, events, last_at FROM dropped'))
      this.#countDropped(source, reason, events, last_at)
    // Ids are never used twice, because tokens are made of them.
    this.#lastId = Math.max(this.#lastId, Number(this.#get('forgotten') ?? 0))
    this.batches = Number(this.#get('batches') ?? 0)
  }

  #count(target: Target, counts: Record<string, number>, receivedAt: number): number {
    let rows = 0
    for (const [name, count] of Object.entries(counts)) {
      const source = this.#source(name, receivedAt)
      if (target === 'all') source.accepted += count
      else source.rejected += count
      rows += count
    }
    return rows
  }

  #countDropped(name: string, reason: string, count: number, receivedAt: number): void {
    const { dropped } = this.#source(name, receivedAt)
    dropped[reason] = (dropped[reason] ?? 0) + count
  }

  #source(name: string, receivedAt: number): SourceCounts {
    const source = this.sources.get(name) ?? { accepted: 0, rejected: 0, flushed: 0, lastAt: 0, dropped: {} }
    source.lastAt = Math.max(source.lastAt, receivedAt)
    this.sources.set(name, source)
    return source
  }

  #get(key: string): string | undefined {
    return this.#row<{ value: string }>('SELECT value FROM state WHERE key = ?', key)?.value
  }

  #set(key: string, value: string): void {
    this.#storage.sql.exec(
      'INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      key,
      value,
    )
  }

  #row<Row extends Record<string, SqlStorageValue>>(sql: string, ...bindings: SqlStorageValue[]): Row | undefined {
    return this.#storage.sql.exec<Row>(sql, ...bindings).toArray()[0]
  }
}
