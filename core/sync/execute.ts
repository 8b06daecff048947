import type { Operation } from '../connector/destination.ts'
import { oneBatch } from '../lib/batch.ts'
import { type ErrorData, formatError, MillraceError, toMillraceError } from '../lib/error.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Progress } from '../lib/progress.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { Warehouse } from '../warehouse/port.ts'
import type { BoundSync } from './bind.ts'
import { type Delivered, deliverBatch } from './deliver.ts'
import { plannedRows, type PlannedRow } from './difference.ts'
import { deletionFields } from './mapping.ts'
import type { Plan, Step } from './plan.ts'
import { limitRate } from './rate-limit.ts'
import { createSnapshotWriter, type SnapshotWriter, stateAfter, stateBefore } from './snapshot.ts'
import { syncLog } from './tables.ts'

export interface Execution {
  bound: BoundSync
  plan: Plan
  /** Where its rows stand in millrace.planned. */
  planId: string
  runId: string
  startedAt: number
  warehouse: Warehouse
  runtime: Runtime
  progress?: Progress | undefined
}

export interface ExecutionResult {
  status: 'succeeded' | 'partial' | 'failed' | 'cancelled'
  counts: Counts
  error?: ErrorData
}

export type Counts = { planned: number; delivered: number; accepted: number; rejected: number; deleted: number }

/** Rows noted in the warehouse at once; at least one batch. */
const windowSize = 1000

/** Carries out the steps of a plan in their order. One that cannot be finished ends the run; `acknowledge` is carried out in any case. */
export async function executePlan(execution: Execution): Promise<ExecutionResult> {
  const { plan, warehouse, bound, runtime, runId } = execution
  const counts: Counts = { planned: 0, delivered: 0, accepted: 0, rejected: 0, deleted: 0 }
  for (const step of plan.steps) if (step.kind === 'upsert' || step.kind === 'delete') counts.planned += step.rows
  const writer = createSnapshotWriter(warehouse, { sync: bound.sync.name, target: bound.target, run: runId }, runtime)
  const state: RunState = { counts, stopped: plan.blocked === undefined ? undefined : new MillraceError(plan.blocked), refusal: undefined }
  let result: ExecutionResult | undefined
  for (const step of plan.steps) {
    if (step.kind === 'acknowledge') {
      result = conclude(state, plan, runtime.signal)
      await logRun(execution, result)
    } else if (state.stopped === undefined) {
      try {
        await executeStep(step, execution, writer, state)
      } catch (thrown) {
        state.stopped = toMillraceError(thrown)
      }
    }
  }
  return result ?? conclude(state, plan, runtime.signal)
}

interface RunState {
  counts: Counts
  stopped: MillraceError | undefined
  /** The first row that the tool refused. */
  refusal: { key: string; error: MillraceError } | undefined
}

async function executeStep(step: Step, execution: Execution, writer: SnapshotWriter, state: RunState): Promise<void> {
  const { warehouse, planId, runtime } = execution
  if (step.kind === 'prepare') {
    const forgotten = { rejected: '', rejected_fields: '', error: '', attempts: 0 }
    for await (const rows of plannedRows(warehouse, planId, 'forget', windowSize, runtime.signal)) {
      await writer.settle(rows.map((row) => ({ row, state: { ...stateBefore(row), ...forgotten } })))
    }
  } else if (step.kind === 'upsert' || step.kind === 'delete') {
    await deliverRows(step.kind, execution, writer, state)
  }
}

async function deliverRows(operation: Operation, execution: Execution, writer: SnapshotWriter, state: RunState): Promise<void> {
  const { bound, warehouse, planId } = execution
  const { connector, rows: tool, config, sync } = bound
  const runtime = limitRate(execution.runtime, tool.limits.requestsPerSecond)
  const delivery = { connector, rows: tool, config, sync: sync.name, object: sync.content.object, operation, runtime }
  const size = tool.limits.batchSize
  const window = size * Math.max(1, Math.floor(windowSize / size))
  for await (const rows of plannedRows(warehouse, planId, operation, window, runtime.signal)) {
    const delivered = new Map<string, Delivered>()
    try {
      await writer.intend(rows, operation)
      for (let start = 0; start < rows.length && state.stopped === undefined; start += size) {
        const batch = rows.slice(start, start + size)
        const result = await deliverBatch(
          delivery,
          batch.map((row) => ({ key: row.key, fields: fieldsOf(row, operation, execution) })),
        )
        for (const [key, row] of result.rows) delivered.set(key, row)
        state.stopped = result.stopped
        count(state, operation, result.rows)
        execution.progress?.({ ...state.counts })
      }
    } finally {
      // What the tool has taken or refused is noted, and what was never sent is as it was.
      await writer.settle(rows.map((row) => ({ row, state: stateAfter(row, operation, delivered.get(row.key)) })))
    }
    if (state.stopped !== undefined) return
  }
}

function fieldsOf(row: PlannedRow, operation: Operation, { bound }: Execution): JsonObject {
  return operation === 'delete' ? deletionFields(bound.sync.content, row.key) : (JSON.parse(row.fields) as JsonObject)
}

function count(state: RunState, operation: Operation, rows: ReadonlyMap<string, Delivered>): void {
  const { counts } = state
  for (const [key, { outcome }] of rows) {
    if (outcome === undefined) continue
    counts.delivered++
    if (outcome.status === 'accepted') {
      counts.accepted++
      if (operation === 'delete') counts.deleted++
    } else {
      counts.rejected++
      state.refusal ??= { key, error: outcome.error }
    }
  }
}

function conclude({ counts, stopped, refusal }: RunState, plan: Plan, signal: AbortSignal): ExecutionResult {
  if (stopped !== undefined) {
    const status = signal.aborted ? 'cancelled' : counts.accepted > 0 ? 'partial' : 'failed'
    return { status, counts, error: stopped.toJSON() }
  }
  if (refusal === undefined) return { status: 'succeeded', counts }
  const others = counts.rejected === 1 ? '' : ` (and ${counts.rejected - 1} more)`
  const error = { ...refusal.error.toJSON(), message: `The tool refused "${refusal.key}"${others}: ${refusal.error.message}` }
  return { status: counts.accepted > 0 || plan.counts.unchanged > 0 ? 'partial' : 'failed', counts, error }
}

/** A line in millrace.sync_log; what went wrong with the tool is more telling than a log that could not be written. */
async function logRun({ bound, plan, runId, startedAt, warehouse, runtime }: Execution, result: ExecutionResult): Promise<void> {
  const { add, update, unchanged, retry } = plan.counts
  const line = {
    sync: bound.sync.name,
    target: bound.target,
    run: runId,
    status: result.status,
    started_at: new Date(startedAt).toISOString(),
    ended_at: new Date(runtime.clock.now()).toISOString(),
    added: add,
    updated: update,
    deleted: plan.counts.delete,
    unchanged,
    retried: retry,
    accepted: result.counts.accepted,
    rejected: result.counts.rejected,
    error: result.error === undefined ? '' : JSON.stringify(result.error),
  }
  try {
    await warehouse.insert(syncLog.name, oneBatch([line]))
  } catch (thrown) {
    runtime.log('error', `The run is not in millrace.sync_log: ${formatError(toMillraceError(thrown))}`, {
      sync: bound.sync.name,
      run: runId,
    })
  }
}
