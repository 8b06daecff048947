import type { CursorRange, Stream } from '../connector/source.ts'
import { MillraceError } from '../lib/error.ts'
import { readMode, type SyncMode } from './mode.ts'

/** What is asked of one run, beside what the source file says. */
export interface RunOrder {
  /** Only these streams. */
  streams?: readonly string[] | undefined
  /**
   * Reads the streams from their beginning, into tables beside theirs that take their place at the end, with the state
   * that belongs to them. Broken off, the next run goes on with it, asked to or not.
   */
  refresh?: boolean | undefined
  /** Reads a part of the past again: rows are added, or replaced by their key, and the state stays as it is. */
  range?: CursorRange | undefined
}

/** Why a stream cannot be read so; undefined when it can. */
export function refuseOrder(stream: Stream, mode: SyncMode, order: RunOrder): MillraceError | undefined {
  if (order.range === undefined) return undefined
  const lacks =
    order.refresh === true
      ? 'a refresh reads all of it'
      : readMode(mode) !== 'incremental'
        ? `with the mode ${mode} it is read whole each time`
        : stream.cursorField === undefined
          ? 'it has no cursor field that a range could be of'
          : undefined
  if (lacks === undefined) return undefined
  return new MillraceError({
    code: 'range-not-possible',
    fault: 'config',
    message: `A range of the stream ${stream.name} cannot be read: ${lacks}.`,
    mend: 'Leave the range out, or name streams that are read incrementally by a cursor.',
  })
}
