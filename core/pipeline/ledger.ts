import type { Json } from '../lib/json.ts'
import { readMode } from './mode.ts'
import type { RunContext } from './context.ts'
import { type LineCounts, type LoadLine, noCounts, writeLine } from './log.ts'
import { patiently, underWay } from './patience.ts'
import type { StreamState } from './state.ts'
import type { Checkpoint, StreamRun } from './stream-run.ts'

/**
 * What the load log and the state store are told of one stream in one run. The order is the promise: rows, then their
 * witness in the load log, then the state.
 */
export class Ledger {
  /** Rows up to here are covered by a state. */
  coveredId: number
  /** A run that breaks off leaves something to go on with. */
  canGoOn: boolean
  private readonly run: StreamRun
  private readonly context: RunContext
  private lines = 0
  private since = { ...noCounts }
  private version: number

  constructor(run: StreamRun, context: RunContext) {
    this.run = run
    this.context = context
    this.coveredId = run.idsBefore
    this.canGoOn = run.target.staged !== undefined && (run.state?.value ?? null) !== null
    this.version = run.state?.version ?? 0
  }

  get hasBegun(): boolean {
    return this.lines > 0
  }

  async begin(): Promise<void> {
    if (!this.hasBegun) await this.write({ status: 'begun', lastId: this.coveredId })
  }

  count(counts: LineCounts): void {
    const { result } = this.run
    result.rows_written += counts.rows
    result.row_errors += counts.rowErrors
    result.rows_deleted += counts.rowsDeleted
    result.rows_discarded += counts.rowsDiscarded
    result.values_discarded += counts.valuesDiscarded
    for (const name of Object.keys(noCounts) as (keyof LineCounts)[]) this.since[name] += counts[name]
  }

  /** Rows up to the checkpoint were acknowledged. What is staged is not the stream's state yet. */
  async commit(checkpoint: Checkpoint): Promise<void> {
    const { run } = this
    const isSame = run.state !== undefined && JSON.stringify(run.state.value) === JSON.stringify(checkpoint.state)
    if (isSame && checkpoint.lastId === this.coveredId) return
    const lastId = checkpoint.lastId
    if (run.target.staged !== undefined) {
      // A line of `begun` names the staging table even when a state comes before the first row.
      await this.begin()
      await this.write({ status: 'staged', lastId, counts: this.since, state: { version: 0, value: checkpoint.state } })
      run.state = { version: this.version, value: checkpoint.state, at: this.context.runtime.clock.now() }
      this.canGoOn = true
    } else await this.keep(checkpoint.state, (state) => this.write({ status: 'committed', lastId, counts: this.since, state }))
    this.since = { ...noCounts }
    this.coveredId = lastId
  }

  /** The staged rows are about to take the place of the table. */
  async announceSwap(): Promise<void> {
    const value = this.stagedState()
    await this.write({ status: 'swapping', lastId: this.lastId(), state: value === undefined ? undefined : { version: 0, value } })
  }

  async succeed(isSwapped: boolean): Promise<void> {
    const line = { status: 'succeeded', lastId: this.lastId(), counts: this.totals(), changes: this.changes() } as const
    const value = isSwapped ? this.stagedState() : undefined
    if (value === undefined) await this.write(line)
    else await this.keep(value, (state) => this.write({ ...line, state }))
  }

  async fail(message: string, signal: AbortSignal): Promise<void> {
    if (!this.hasBegun) return
    const changes = this.changes()
    await this.write({ status: 'failed', lastId: this.coveredId, counts: this.totals(), changes, error: message }, signal)
  }

  /** What was altered and left out, as sentences. */
  changes(): string[] {
    return [...this.run.target.changes, ...this.run.keeper.sentences()]
  }

  private async keep(value: Json, witness: (state: StreamState) => Promise<void>): Promise<void> {
    const { store, sourceName, runtime } = this.context
    const state: StreamState = { version: this.version + 1, value, at: runtime.clock.now() }
    await witness(state)
    await store.set(sourceName, this.run.stream.name, state)
    this.version = state.version
    this.run.state = state
  }

  /** What becomes the stream's state with the swap. A full refresh has none that outlives it. */
  private stagedState(): Json | undefined {
    const isIncremental = readMode(this.run.mode) === 'incremental'
    return isIncremental ? (this.run.state?.value ?? undefined) : undefined
  }

  private lastId(): number {
    return this.run.idsBefore + this.run.result.rows_read
  }

  private totals(): LineCounts {
    const { rows_written: rows, row_errors: rowErrors, rows_deleted: rowsDeleted, rows_discarded, values_discarded } = this.run.result
    return { rows, rowErrors, rowsDeleted, rowsDiscarded: rows_discarded, valuesDiscarded: values_discarded }
  }

  private async write(line: LoadLine, signal = this.context.runtime.signal): Promise<void> {
    const { run, context } = this
    const { warehouse, sourceName: source, runId, runtime } = context
    const { target } = run
    const subject = {
      source,
      stream: run.stream.name,
      run: runId,
      mode: run.mode,
      target: target.written,
      attempt: target.staged?.id ?? '',
    }
    await patiently(underWay, { ...runtime, signal }, () => writeLine(warehouse, subject, line, this.lines, runtime.clock.now(), signal))
    this.lines++
  }
}
