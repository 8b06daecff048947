import type { ReadMode, Stream } from '../connector/source.ts'
import type { z } from 'zod'
import type { syncModeSchema } from '../stack/stream-settings.ts'

/** How a stream is read and what its table becomes; the words of `sources/*.yaml`. */
export type SyncMode = z.infer<typeof syncModeSchema>

/** The mode of a stream that names none: deduped where it has a key, and a cursor or a log of its changes; else a fresh copy each time. */
export function defaultMode(stream: Stream): SyncMode {
  const incremental = stream.modes.includes('incremental') && (stream.cursorField !== undefined || stream.tellsDeletes === true)
  return incremental && stream.primaryKey.length > 0 ? 'incremental_deduped' : 'full_refresh_overwrite'
}

export function readMode(mode: SyncMode): ReadMode {
  return mode === 'incremental_append' || mode === 'incremental_deduped' ? 'incremental' : 'full-refresh'
}
