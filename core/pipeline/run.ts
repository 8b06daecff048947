import { z } from 'zod'
import type { Catalog, Source, StreamRequest } from '../connector/source.ts'
import { cancelled, MillraceError, toMillraceError } from '../lib/error.ts'
import { unwrap } from '../lib/result.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { ShapeSettings, StreamSettings } from '../stack/stream-settings.ts'
import type { Warehouse } from '../warehouse/port.ts'
import { ahead } from './ahead.ts'
import { type BatchLimits, extract } from './extract.ts'
import { load } from './load.ts'
import { readMode } from './mode.ts'
import { normalize } from './normalize.ts'
import type { RunOrder } from './order.ts'
import { planStreams } from './plan.ts'
import type { RunCounts, RunProgress, RunResult, RunStatus } from './result.ts'
import { start } from './start.ts'
import type { StateStore } from './state.ts'
import { isOver, type StreamRun } from './stream-run.ts'

export interface SourceRun {
  source: Source<any>
  /** The source's settings, secrets resolved and files inlined; checked here against `source.config`. */
  config: unknown
  /** Name of the source file: the owner of states and load log lines. */
  sourceName: string
  /** Database of its tables. */
  database: string
  /** Other sources of the stack whose tables go to the same database: theirs are left alone. */
  neighbours?: readonly string[] | undefined
  /** Streams to read and how, as in the source file; without it, all. */
  streams?: Record<string, StreamSettings> | undefined
  /** The shape of records of streams that do not say otherwise. */
  defaults?: ShapeSettings | undefined
  /** What is asked of this run beside; without it, what is new in all of them. */
  order?: RunOrder | undefined
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
  const counts: RunCounts = { ...sumOf([]), requests: 0 }
  const runtime = countRequests(run.runtime, counts)
  const runs: StreamRun[] = []
  const report = () => {
    Object.assign(counts, sumOf(runs))
    run.progress?.({ counts: { ...counts }, streams: runs.map(({ result }) => result) })
  }
  try {
    runtime.signal.throwIfAborted()
    const config = readConfig(run)
    const catalog: Catalog = unwrap(await run.source.discover(config, runtime))
    const { sourceName, database, streams, warehouse, runId, state: store } = run
    runs.push(
      ...planStreams(catalog, {
        sourceName,
        database,
        streams,
        defaults: run.defaults ?? {},
        order: run.order ?? {},
        warehouse,
        now: runtime.clock.now(),
      }),
    )
    const context = { warehouse, store, sourceName, neighbours: run.neighbours ?? [], runId, runtime }
    await start(runs, context)
    report()
    const request = { streams: runs.filter((item) => !isOver(item)).map(readRequest) }
    const messages = run.source.read(config, request, runtime)
    await load(normalize(ahead(extract(messages, runs, runtime, run.batch)), runId, runtime), context, report)
    Object.assign(counts, sumOf(runs))
    return { status: statusOf(runs, runtime.signal), counts, streams: runs.map(({ result }) => result), ...firstError(runs) }
  } catch (thrown) {
    const error = runtime.signal.aborted ? cancelled('The run was cancelled.', runtime.signal.reason) : toMillraceError(thrown)
    Object.assign(counts, sumOf(runs))
    const status = runtime.signal.aborted ? 'cancelled' : 'failed'
    for (const item of runs) if (!isOver(item)) item.result.status = status
    return { status, counts, streams: runs.map(({ result }) => result), error: error.toJSON() }
  }
}

function readRequest(item: StreamRun): StreamRequest {
  const value = item.state?.value
  const mode = readMode(item.mode)
  const where = item.range !== undefined ? { range: item.range } : value === undefined || value === null ? {} : { state: value }
  return { name: item.stream.name, mode, ...where }
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

function countRequests(runtime: Runtime, counts: RunCounts): Runtime {
  const counted: typeof fetch = (input, init) => {
    counts.requests++
    return runtime.fetch(input, init)
  }
  return { ...runtime, fetch: counted }
}

function sumOf(runs: readonly StreamRun[]): Omit<RunCounts, 'requests'> {
  const total = (name: Exclude<keyof RunCounts, 'requests' | 'streams'>) => runs.reduce((sum, { result }) => sum + result[name], 0)
  return {
    rows_read: total('rows_read'),
    rows_written: total('rows_written'),
    row_errors: total('row_errors'),
    rows_deleted: total('rows_deleted'),
    rows_discarded: total('rows_discarded'),
    values_discarded: total('values_discarded'),
    streams: runs.filter(({ result }) => result.status === 'succeeded').length,
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
