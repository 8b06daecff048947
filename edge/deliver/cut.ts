import { streamedEvent } from '#core/event/streamed.ts'
import { type Candidate, fresh } from './candidate.ts'
import type { Filter } from './filter.ts'

/** A chunk of the spool, without its lines. */
export interface Size {
  id: number
  rows: number
  bytes: number
  receivedAt: number
}

/** The next line to look at: line `row` of chunk `chunk`. */
export interface Position {
  readonly chunk: number
  readonly row: number
}

/** A batch: the events of a stretch of the spool that are for the destination. */
export interface Cut {
  from: Position
  end: Position
  candidates: Candidate[]
  /** Events in between that are not for it. */
  filtered: number
  /** Lines of the stretch, and bytes of the chunks that it ends. */
  rows: number
  bytes: number
}

export interface CutLimits {
  events: number
  /** Of the events together, as JSON. */
  bytes: number | undefined
  /** No further than this. */
  until: Position | undefined
}

/** What is looked through at a time, in characters, so that a destination that wants little does not hold up the rest. */
const stretch = 1024 * 1024

/**
 * Cuts the next batch: a function of what is in the spool, so that a batch whose end was noted is cut the same again.
 * @param chunks from the one of `from` on
 * @returns undefined when there is nothing after `from`
 */
export function cut(
  chunks: Iterable<Size>,
  linesOf: (id: number) => string[],
  from: Position,
  wants: Filter,
  limits: CutLimits,
): Cut | undefined {
  const batch: Cut = { from, end: from, candidates: [], filtered: 0, rows: 0, bytes: 0 }
  const { until } = limits
  let bytes = 0
  let looked = 0
  for (const { id, bytes: size } of chunks) {
    if (until !== undefined && (id > until.chunk || (id === until.chunk && until.row === 0))) break
    const lines = linesOf(id)
    const last = until?.chunk === id ? until.row : lines.length
    for (let row = id === from.chunk ? from.row : 0; row < last; row++) {
      const line = lines[row]!
      const event = streamedEvent(line)
      if (event !== undefined && wants(event)) {
        bytes += limits.bytes === undefined ? 0 : sizeOf(event)
        const full = batch.candidates.length >= limits.events || (limits.bytes !== undefined && bytes > limits.bytes)
        if (full && batch.candidates.length > 0) return batch
        batch.candidates.push(fresh(line, event))
      } else batch.filtered += 1
      batch.rows += 1
      batch.end = { chunk: id, row: row + 1 }
      looked += line.length
    }
    if (last === lines.length) {
      batch.end = { chunk: id + 1, row: 0 }
      batch.bytes += size
    }
    if (looked > stretch) break
  }
  return batch.rows === 0 ? undefined : batch
}

/** How many of these events go together within `bytes`, as JSON; at least one. */
export function fitting(candidates: readonly { event: object }[], bytes: number | undefined): number {
  if (bytes === undefined) return candidates.length
  let sum = 0
  const over = candidates.findIndex(({ event }) => (sum += sizeOf(event)) > bytes)
  return over === -1 ? candidates.length : Math.max(1, over)
}

const encoder = new TextEncoder()

function sizeOf(event: object): number {
  // With the comma that follows it.
  return encoder.encode(JSON.stringify(event)).length + 1
}
