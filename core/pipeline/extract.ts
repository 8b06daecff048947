import type { SourceMessage } from '../connector/source.ts'
import { cancelled, MillraceError, toMillraceError } from '../lib/error.ts'
import type { JsonObject } from '../lib/json.ts'
import { fail } from '../lib/result.ts'
import type { Runtime } from '../lib/runtime.ts'
import { readMode } from './mode.ts'
import { type Batch, type Checkpoint, isOver, type StreamRun } from './stream-run.ts'

/** What a batch may hold at most: rows that make a good ClickHouse part, bytes that bound the memory. */
export interface BatchLimits {
  records: number
  bytes: number
}

export const defaultLimits: BatchLimits = { records: 10_000, bytes: 8_000_000 }

/** A slow source's records are not held back longer than this, in milliseconds. */
const maxAge = 30_000

interface Pending {
  run: StreamRun
  records: JsonObject[]
  /** Places in `records` that hold the key of a deleted row. */
  deleted: Set<number>
  bytes: number
  since: number
  count: number
  checkpoint: Checkpoint | undefined
}

/**
 * The source's messages as batches of one stream each, with the checkpoint and the end that belong
 * to them. A source that breaks off ends every stream that it had not ended itself.
 */
export async function* extract(
  messages: AsyncIterable<SourceMessage>,
  runs: readonly StreamRun[],
  runtime: Runtime,
  limits = defaultLimits,
): AsyncGenerator<Batch<JsonObject>> {
  const pending = new Map(runs.map((run): [string, Pending] => [run.stream.name, startOf(run)]))
  try {
    for await (const message of messages) {
      runtime.signal.throwIfAborted()
      const entry = pending.get(message.stream)
      if (entry === undefined || isOver(entry.run)) continue
      if (entry.run.result.status === 'queued') begin(entry, runtime.clock.now())
      if (message.type === 'records') yield* take(entry, message.records, runtime.clock.now(), limits)
      else if (message.type === 'state') noteState(entry, message.state)
      else if (message.type === 'deletes' && mayTellDeletes(entry.run)) yield* take(entry, message.keys, runtime.clock.now(), limits, true)
      else {
        yield { ...flush(entry), end: message.type === 'done' ? message.result : fail(unforeseenDeletes(message.stream)) }
        pending.delete(message.stream)
      }
    }
    for (const entry of pending.values()) if (!isOver(entry.run)) yield { ...flush(entry), end: fail(brokeOff(entry.run.stream.name)) }
  } catch (thrown) {
    const error = runtime.signal.aborted ? cancelled('The run was cancelled.', runtime.signal.reason) : toMillraceError(thrown)
    for (const entry of pending.values()) if (!isOver(entry.run)) yield { ...flush(entry), end: fail(error) }
  }
}

function* take(
  entry: Pending,
  records: readonly JsonObject[],
  now: number,
  limits: BatchLimits,
  areDeleted = false,
): Generator<Batch<JsonObject>> {
  if (entry.records.length === 0) entry.since = now
  for (const record of records) {
    if (areDeleted) entry.deleted.add(entry.records.length)
    entry.records.push(record)
    // Measured on every 16th record: exact sizes would cost as much as the load.
    if (entry.count % 16 === 0) entry.bytes += JSON.stringify(record).length * 16
    entry.count++
    if (entry.records.length >= limits.records || entry.bytes >= limits.bytes) yield flush(entry)
  }
  entry.run.result.rows_read = entry.count - entry.run.idsBefore
  if (entry.records.length > 0 && now - entry.since > maxAge) yield flush(entry)
}

/** No state is kept of a range, nor of full refreshes that begin anew each time. */
function noteState(entry: Pending, state: Checkpoint['state']): void {
  const { mode, stream, target, range } = entry.run
  const isResumable = stream.resumable === true && target.staged !== undefined
  if (range === undefined && (readMode(mode) === 'incremental' || isResumable)) entry.checkpoint = { state, lastId: entry.count }
}

function flush(entry: Pending): Batch<JsonObject> {
  const { run, records, deleted, checkpoint, count } = entry
  entry.records = []
  entry.deleted = new Set()
  entry.bytes = 0
  entry.checkpoint = undefined
  run.result.rows_read = count - run.idsBefore
  return { run, items: records, deleted, firstId: count - records.length + 1, checkpoint }
}

function startOf(run: StreamRun): Pending {
  return { run, records: [], deleted: new Set(), bytes: 0, since: 0, count: run.idsBefore, checkpoint: undefined }
}

function begin(entry: Pending, now: number): void {
  entry.run.result.status = 'running'
  entry.run.result.startedAt = now
}

/** Deletes need a key's columns and a place for their mark, which a table is made with beforehand. */
function mayTellDeletes({ stream, mode }: StreamRun): boolean {
  return stream.tellsDeletes === true && readMode(mode) === 'incremental'
}

function unforeseenDeletes(stream: string): MillraceError {
  return new MillraceError({
    code: 'unforeseen-deletes',
    fault: 'system',
    message: `The source told of deleted rows of ${stream}, and its catalog does not say that it would.`,
  })
}

function brokeOff(stream: string): MillraceError {
  return new MillraceError({
    code: 'source-broke-off',
    fault: 'system',
    message: `The source ended without saying that ${stream} was whole.`,
  })
}
