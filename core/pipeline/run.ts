import type { Source } from '../connector/source.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { Warehouse } from '../warehouse/port.ts'
import type { SyncMode } from './mode.ts'
import type { RunProgress, RunResult } from './result.ts'
import type { StateStore } from './state.ts'

export interface SourceRun {
  source: Source<any>
  /** The source's settings, secrets resolved; checked here against `source.config`. */
  config: unknown
  /** Name of the source file: the owner of states and load log lines. */
  sourceName: string
  /** Database of its tables. */
  database: string
  /** Streams to read and how, as in the source file; without it, all. */
  streams?: Record<string, { mode?: SyncMode | undefined }> | undefined
  state: StateStore
  warehouse: Warehouse
  runtime: Runtime
  /** Unique; stands in `_millrace_run` of every row. */
  runId: string
  progress?: ((progress: RunProgress) => void) | undefined
}

/**
 * Reads a source into typed tables: extract → normalize → load. A failed stream does not sink the
 * others; nothing is thrown for an expected failure, it stands in the result. An abort of
 * `runtime.signal` ends it as `cancelled`, with all that was acknowledged kept and covered by state.
 */
export async function runSource(_run: SourceRun): Promise<RunResult> {
  throw new Error('being built')
}
