import type { SeenRow } from '#core/event/seen.ts'

/** A part of a request's rows, small enough for one row of SQLite (2 MB on Cloudflare). */
export interface Part<Of extends Table = Target> {
  target: Of
  /** Lines of JSONEachRow, joined by newlines. */
  lines: string
  /** Rows by source. */
  counts: Record<string, number>
  /** What no row before these had, for the views. */
  seen: readonly SeenRow[]
}

/** Tables of requests' rows. */
export type Target = 'all' | 'rejected' | 'violations'
/** And what is the spool's own word: what destinations have not got (`deliver/dead-letters.ts`), and figures (`metrics-log.ts`). */
export type Table = Target | 'undelivered' | 'metrics'

/** Events that were only counted, by reason. */
export type DropCounts = Record<string, number>

/** `full`: the limit set; `disk`: the disk would not take it. Either way nothing was kept. */
export type Appended = { ok: true } | { ok: false; reason: 'full' | 'disk'; message: string }
