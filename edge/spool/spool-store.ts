import type { SeenRow } from '#core/event/seen.ts'
import type { Size } from '../deliver/cut.ts'
import type { DropCounts, Part, Table, Target } from './part.ts'

/** Chunks `first` to `last`, both included: what one flush covers. */
export interface Range {
  first: number
  last: number
}

export interface Chunk {
  id: number
  target: Table
  lines: string
  seen: SeenRow[]
  receivedAt: number
}

export interface SourceCounts {
  accepted: number
  rejected: number
  violations: number
  flushed: number
  lastAt: number
  dropped: DropCounts
}

/**
 * The spool's disk: rows that were answered 200, in SQLite, until the warehouse and every destination have acknowledged
 * them. Each of them has a cursor of its own:
 *
 *   chunk   1   2   3   4   5   6   7   8   9
 *           └── gone ──┘│       │           └─ a destination that is up to date
 *                       │       └─ the warehouse: `flushed` is 5, a flight covers 6 and 7
 *                       └─ a destination that lags (`hold`): what it still needs stays
 *
 * Totals are kept in memory beside it, and made anew from it on start.
 */
export class SpoolStore {
  readonly #storage: DurableObjectStorage
  readonly sources = new Map<string, SourceCounts>()
  /** Rows the warehouse has not acknowledged. */
  rows = 0
  /** Of all chunks on the disk. */
  bytes = 0
  /** Of all chunks of events that are on the disk or were, since the start: what a destination's backlog is measured by. */
  readonly events = { rows: 0, bytes: 0 }
  batches = 0
  flushedRows = 0
  #lastId = 0
  #flushed = 0
  #heldFrom = Infinity

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    const { sql } = storage
    sql.exec(`
      CREATE TABLE IF NOT EXISTS chunk (
        id INTEGER PRIMARY KEY, target TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
        received_at INTEGER NOT NULL, counts TEXT NOT NULL, seen TEXT, lines TEXT NOT NULL
      );
      CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS source (
        name TEXT PRIMARY KEY, accepted INTEGER NOT NULL, rejected INTEGER NOT NULL, last_at INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS dropped (
        source TEXT NOT NULL, reason TEXT NOT NULL, events INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (source, reason)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS violation (source TEXT PRIMARY KEY, rows INTEGER NOT NULL) WITHOUT ROWID;
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
  append(parts: readonly Part<Table>[], receivedAt: number, dropped: Record<string, DropCounts>): void {
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
    for (const { target, lines, counts } of parts) {
      const rows = this.#count(target, counts, receivedAt)
      this.bytes += lines.length
      this.rows += rows
      if (target !== 'all') continue
      this.events.bytes += lines.length
      this.events.rows += rows
    }
  }

  /** The id that the next chunk gets. */
  get end(): number {
    return this.#lastId + 1
  }

  /** Chunks of events from this one on are kept for a destination; Infinity: none is. What nobody needs any more goes. */
  hold(from: number): void {
    const before = this.#heldFrom
    this.#heldFrom = from
    if (from <= before) return
    const sql = 'DELETE FROM chunk WHERE id < ? AND id <= ? RETURNING bytes'
    // SQLite has no number for it; no id comes near.
    const last = Math.min(from, Number.MAX_SAFE_INTEGER)
    for (const { bytes } of this.#storage.sql.exec<{ bytes: number }>(sql, last, this.#flushed)) this.bytes -= bytes
  }

  /** Chunks of events from `first` on, in order, read as they are taken; without their lines. */
  *eventsFrom(first: number): Generator<Size> {
    const sql = "SELECT id, rows, bytes, received_at AS receivedAt FROM chunk WHERE id >= ? AND target = 'all' ORDER BY id"
    for (const size of this.#storage.sql.exec<Record<string, number>>(sql, first)) yield size as unknown as Size
  }

  /** The lines of a chunk that is there. */
  linesOf(id: number): string[] {
    return this.#row<{ lines: string }>('SELECT lines FROM chunk WHERE id = ?', id)!.lines.split('\n')
  }

  /**
   * Takes unwanted lines out of chunks that the warehouse has. An empty object stands in their place, which is for no
   * destination: so positions within a chunk hold. Returns how many.
   */
  async blank(unwanted: (line: string) => boolean): Promise<number> {
    const { sql } = this.#storage
    let blanked = 0
    const chunks = sql.exec<{ id: number }>("SELECT id FROM chunk WHERE id <= ? AND target = 'all' ORDER BY id", this.#flushed)
    for (const { id } of chunks.toArray()) {
      const lines = this.#row<{ lines: string }>('SELECT lines FROM chunk WHERE id = ?', id)?.lines.split('\n') ?? []
      const kept = lines.map((line) => (unwanted(line) ? '{}' : line))
      const changed = kept.filter((line, index) => line !== lines[index]).length
      if (changed > 0) sql.exec('UPDATE chunk SET lines = ? WHERE id = ?', kept.join('\n'), id)
      blanked += changed
      // There may be gigabytes of them, and requests wait.
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
    return blanked
  }

  #insert(id: number, { target, lines, counts, seen }: Part<Table>, receivedAt: number): void {
    let rows = 0
    for (const name in counts) rows += counts[name]!
    const sql = 'INSERT INTO chunk (id, target, rows, bytes, received_at, counts, seen, lines) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
    const sightings = seen.length === 0 ? null : JSON.stringify(seen)
    this.#storage.sql.exec(sql, id, target, rows, lines.length, receivedAt, JSON.stringify(counts), sightings, lines)
  }

  /** When the oldest row was received that the warehouse has not. */
  oldestAt(): number | undefined {
    return this.#row<{ received_at: number }>('SELECT received_at FROM chunk WHERE id > ? ORDER BY id LIMIT 1', this.#flushed)?.received_at
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
      'SELECT id, rows, bytes FROM chunk WHERE id > ? ORDER BY id',
      this.#flushed,
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
        target: target as Table,
        lines,
        seen: seen === null ? [] : (JSON.parse(seen) as SeenRow[]),
        receivedAt: received_at,
      }))
  }

  /** Notes what the warehouse has acknowledged; what no destination needs either goes. */
  forget({ first, last }: Range): void {
    const { sql } = this.#storage
    const heldFrom = Math.min(this.#heldFrom, Number.MAX_SAFE_INTEGER)
    const chunks = sql
      .exec<{ id: number; target: Table; rows: number; bytes: number; counts: string; received_at: number }>(
        'SELECT id, target, rows, bytes, counts, received_at FROM chunk WHERE id BETWEEN ? AND ?',
        first,
        last,
      )
      .toArray()
    this.#storage.transactionSync(() => {
      sql.exec("DELETE FROM chunk WHERE id BETWEEN ? AND ? AND (target <> 'all' OR id < ?)", first, last, heldFrom)
      sql.exec("DELETE FROM state WHERE key = 'flight'")
      this.#set('flushed', String(last))
      this.#set('batches', String(this.batches + 1))
      for (const { target, counts, received_at } of chunks)
        this.#noteFlushed(target, JSON.parse(counts) as Record<string, number>, received_at)
    })
    this.batches += 1
    this.#flushed = last
    for (const { id, target, rows, bytes, counts } of chunks) {
      this.rows -= rows
      if (target !== 'all' || id < heldFrom) this.bytes -= bytes
      if (isOwn(target) || target === 'violations') continue
      this.flushedRows += rows
      for (const [name, count] of Object.entries(JSON.parse(counts) as Record<string, number>)) this.sources.get(name)!.flushed += count
    }
  }

  #noteFlushed(target: Table, counts: Record<string, number>, receivedAt: number): void {
    if (isOwn(target)) return
    for (const [name, count] of Object.entries(counts)) {
      if (target === 'violations') {
        const sql = 'INSERT INTO violation (source, rows) VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET rows = rows + excluded.rows'
        this.#storage.sql.exec(sql, name, count)
        continue
      }
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
      this.sources.set(name, { accepted, rejected, violations: 0, flushed: accepted + rejected, lastAt: last_at, dropped: {} })
      this.flushedRows += accepted + rejected
    }
    for (const { source, rows } of sql.exec<{ source: string; rows: number }>('SELECT source, rows FROM violation'))
      this.#source(source, 0).violations = rows
    this.#flushed = Number(this.#get('flushed') ?? 0)
    // Ids are never used twice, because tokens are made of them.
    this.#lastId = this.#flushed
    type Kept = { id: number; target: Table; rows: number; bytes: number; counts: string; received_at: number }
    for (const chunk of sql.exec<Kept>('SELECT id, target, rows, bytes, counts, received_at FROM chunk ORDER BY id')) {
      this.bytes += chunk.bytes
      if (chunk.target === 'all') {
        this.events.rows += chunk.rows
        this.events.bytes += chunk.bytes
      }
      if (chunk.id <= this.#flushed) continue
      this.rows += this.#count(chunk.target, JSON.parse(chunk.counts) as Record<string, number>, chunk.received_at)
      this.#lastId = chunk.id
    }
    type Drops = { source: string; reason: string; events: number; last_at: number }
    for (const { source, reason, events, last_at } of sql.exec<Drops>('SELECT source, reason, events, last_at FROM dropped'))
      this.#countDropped(source, reason, events, last_at)
    this.batches = Number(this.#get('batches') ?? 0)
  }

  /** Adds to what is known of the sources, and returns how many rows they are. */
  #count(target: Table, counts: Record<string, number>, receivedAt: number): number {
    let rows = 0
    for (const [name, count] of Object.entries(counts)) {
      rows += count
      if (isOwn(target)) continue
      const source = this.#source(name, receivedAt)
      if (target === 'all') source.accepted += count
      else source[target] += count
    }
    return rows
  }

  #countDropped(name: string, reason: string, count: number, receivedAt: number): void {
    const { dropped } = this.#source(name, receivedAt)
    dropped[reason] = (dropped[reason] ?? 0) + count
  }

  #source(name: string, receivedAt: number): SourceCounts {
    const source = this.sources.get(name) ?? { accepted: 0, rejected: 0, violations: 0, flushed: 0, lastAt: 0, dropped: {} }
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

/** Whether the rows are the spool's own word, and so count as no source's. */
function isOwn(target: Table): target is Exclude<Table, Target> {
  return target === 'undelivered' || target === 'metrics'
}
