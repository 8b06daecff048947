import { z } from 'zod'
import type { Catalog, Source, Stream } from '../connector/source.ts'
import { cancelled, MillraceError, toMillraceError } from '../lib/error.ts'
import { unwrap } from '../lib/result.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { StreamSettings } from '../stack/stream-settings.ts'
import type { Warehouse } from '../warehouse/port.ts'
import { ahead } from './ahead.ts'
import { type BatchLimits, extract } from './extract.ts'
import { load } from './load.ts'
import { prepareLog } from './log.ts'
import { defaultMode, readMode, type SyncMode } from './mode.ts'
import { snakeCase } from './name.ts'
import { normalize } from './normalize.ts'
import { atStart, patiently } from './patience.ts'
import { latestState, undoOpenLoads } from './recover.ts'
import type { RunCounts, RunProgress, RunResult, RunStatus, StreamResult } from './result.ts'
import type { StateStore } from './state.ts'
import { isOver, type StreamRun } from './stream-run.ts'
import { Target } from './target.ts'

export interface SourceRun {
  source: Source<any>
  /** The source's settings, secrets resolved and files inlined; checked here against `source.config`. */
  config: unknown
  /** Name of the source file: the owner of states and load log lines. */
  sourceName: string
  /** Database of its tables. */
  database: string
  /** Streams to read and how, as in the source file; without it, all. */
  streams?: Record<string, StreamSettings> | undefined
  state: StateStore
  warehouse: Warehouse
  runtime: Runtime
  /** Unique; stands in `_millrace_run` of every row. */
  runId: string
  progress?: ((progress: RunProgress) => void) | undefined
  /** How large an insert may become; without it, 10,000 records or 8 MB. */
  batch?: BatchLimits | undefined
}

/**
 * Reads a source into typed tables: extract → normalize → load. A failed stream does not sink the
 * others; nothing is thrown for an expected failure, it stands in the result. An abort of
 * `runtime.signal` ends it as `cancelled`, with all that was acknowledged kept and covered by state.
 * One run of a source at a time: a second would undo the first's unfinished rows.
 */
export async function runSource(run: SourceRun): Promise<RunResult> {
  const counts: RunCounts = { rows_read: 0, rows_written: 0, row_errors: 0, rows_deleted: 0, requests: 0, streams: 0 }
  const runtime = countRequests(run.runtime, counts)
  const runs: StreamRun[] = []
  const report = () => {
    sum(counts, runs)
    run.progress?.({ counts: { ...counts }, streams: runs.map(({ result }) => result) })
  }
  try {
    runtime.signal.throwIfAborted()
    const config = readConfig(run)
    const catalog: Catalog = unwrap(await run.source.discover(config, runtime))
    for (const stream of chosenStreams(catalog, run)) runs.push(planStream(stream, run, runs))
    await prepare(runs, run, runtime)
    report()
    const request = { streams: runs.filter((item) => !isOver(item)).map(readRequest) }
    const messages = run.source.read(config, request, runtime)
    const context = {
      warehouse: run.warehouse,
      store: run.state,
      sourceName: run.sourceName,
      runId: run.runId,
      runtime,
      onProgress: report,
    }
    await load(normalize(ahead(extract(messages, runs, runtime, run.batch)), run.runId, runtime), context)
    sum(counts, runs)
    return { status: statusOf(runs, runtime.signal), counts, streams: runs.map(({ result }) => result), ...firstError(runs) }
  } catch (thrown) {
    const error = runtime.signal.aborted ? cancelled('The run was cancelled.', runtime.signal.reason) : toMillraceError(thrown)
    sum(counts, runs)
    const status = runtime.signal.aborted ? 'cancelled' : 'failed'
    for (const item of runs) if (!isOver(item)) item.result.status = status
    return { status, counts, streams: runs.map(({ result }) => result), error: error.toJSON() }
  }
}

/** Settles what a killed run left, and finds where each stream starts. A stream that cannot be prepared fails alone. */
async function prepare(runs: readonly StreamRun[], run: SourceRun, runtime: Runtime): Promise<void> {
  const { signal, clock } = runtime
  await patiently(atStart, runtime, () => prepareLog(run.warehouse, signal))
  for (const item of runs) {
    try {
      await patiently(atStart, runtime, async () => {
        await item.target.prepare(clock.now(), signal)
        await undoOpenLoads(run.warehouse, run.sourceName, item.stream.name, clock.now(), runtime.log, signal)
        if (readMode(item.mode) === 'full-refresh') return
        const state = await latestState(run.state, run.warehouse, run.sourceName, item.stream.name, signal)
        // Without its table the state covers nothing; its version goes on, so that the new states win over it.
        const hasTable = (await item.target.existing(signal)) !== undefined
        item.state = state === undefined || hasTable ? state : { ...state, value: null }
      })
    } catch (thrown) {
      signal.throwIfAborted()
      const error = toMillraceError(thrown)
      if (error.retryable) throw error
      Object.assign(item.result, { status: 'failed', error: error.toJSON(), endedAt: clock.now() } satisfies Partial<StreamResult>)
    }
  }
}

function readRequest(item: StreamRun) {
  const value = item.state?.value
  const mode = readMode(item.mode)
  return { name: item.stream.name, mode, ...(value === undefined || value === null ? {} : { state: value }) }
}

function readConfig(run: SourceRun): unknown {
  const parsed = run.source.config.safeParse(run.config)
  if (parsed.success) return parsed.data
  throw new MillraceError({
    code: 'invalid-config',
    fault: 'config',
    message: `The settings of the source ${run.sourceName} are not right: ${z.prettifyError(parsed.error)}`,
    mend: 'Correct config in the source file.',
  })
}

function chosenStreams(catalog: Catalog, run: SourceRun): Stream[] {
  if (run.streams === undefined) return catalog.streams
  return Object.keys(run.streams).map((name) => {
    const stream = catalog.streams.find((candidate) => candidate.name === name)
    if (stream !== undefined) return stream
    throw new MillraceError({
      code: 'unknown-stream',
      fault: 'config',
      message: `The source ${run.sourceName} has no stream "${name}"; it has ${catalog.streams.map((candidate) => candidate.name).join(', ')}.`,
      mend: 'Correct streams in the source file.',
    })
  })
}

function planStream(stream: Stream, run: SourceRun, others: readonly StreamRun[]): StreamRun {
  const mode = run.streams?.[stream.name]?.mode ?? defaultMode(stream)
  const table = { database: run.database, table: snakeCase(stream.name) }
  const result: StreamResult = {
    stream: stream.name,
    table,
    mode,
    status: 'queued',
    rows_read: 0,
    rows_written: 0,
    row_errors: 0,
    rows_deleted: 0,
    changes: [],
    startedAt: run.runtime.clock.now(),
  }
  const refusal = refuseMode(stream, mode) ?? refuseTable(stream, table, others)
  if (refusal !== undefined) Object.assign(result, { status: 'failed', error: refusal.toJSON() } satisfies Partial<StreamResult>)
  const target = new Target({ name: table, mode, stream, deletes: run.streams?.[stream.name]?.deletes ?? 'hard', warehouse: run.warehouse })
  return { stream, mode, result, target, state: undefined, columns: undefined, arrivalsAfter: undefined }
}

function refuseMode(stream: Stream, mode: SyncMode): MillraceError | undefined {
  const lacks =
    readMode(mode) === 'incremental' && !stream.modes.includes('incremental')
      ? 'it has no cursor'
      : mode === 'incremental_deduped' && stream.primaryKey.length === 0
        ? 'it has no primary key'
        : undefined
  if (lacks === undefined) return undefined
  return new MillraceError({
    code: 'mode-not-possible',
    fault: 'config',
    message: `The stream ${stream.name} cannot be read with the mode ${mode}: ${lacks}.`,
    mend: 'Take another mode, or leave it out: the best one is chosen then.',
  })
}

function refuseTable(stream: Stream, table: { table: string }, others: readonly StreamRun[]): MillraceError | undefined {
  const other = others.find(({ result }) => result.table.table === table.table)
  if (other === undefined) return undefined
  return new MillraceError({
    code: 'table-taken',
    fault: 'config',
    message: `The streams ${other.stream.name} and ${stream.name} would both be the table ${table.table}.`,
    mend: 'Leave one of them out under streams of the source file.',
  })
}

function countRequests(runtime: Runtime, counts: RunCounts): Runtime {
  const counted: typeof fetch = (input, init) => {
    counts.requests++
    return runtime.fetch(input, init)
  }
  return { ...runtime, fetch: counted }
}

function sum(counts: RunCounts, runs: readonly StreamRun[]): void {
  counts.rows_read = counts.rows_written = counts.row_errors = counts.rows_deleted = counts.streams = 0
  for (const { result } of runs) {
    counts.rows_read += result.rows_read
    counts.rows_written += result.rows_written
    counts.row_errors += result.row_errors
    counts.rows_deleted += result.rows_deleted
    if (result.status === 'succeeded') counts.streams++
  }
}

function statusOf(runs: readonly StreamRun[], signal: AbortSignal): RunStatus {
  if (runs.every(({ result }) => result.status === 'succeeded')) return 'succeeded'
  if (signal.aborted) return 'cancelled'
  return runs.some(({ result }) => result.status === 'succeeded') ? 'partial' : 'failed'
}

function firstError(runs: readonly StreamRun[]): Pick<RunResult, 'error'> {
  const error = runs.find(({ result }) => result.error !== undefined)?.result.error
  return error === undefined ? {} : { error }
}
