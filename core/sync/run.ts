import type { Destination } from '../connector/destination.ts'
import type { ErrorData } from '../lib/error.ts'
import type { Progress } from '../lib/progress.ts'
import type { Runtime } from '../lib/runtime.ts'
import { sqlError } from '../model/compile.ts'
import type { Resolver } from '../stack/resolver.ts'
import type { Stack } from '../stack/stack.ts'
import { migrate } from '../warehouse/migrate.ts'
import type { Warehouse } from '../warehouse/port.ts'
import { bindSync, type BoundSync } from './bind.ts'
import { dropPlan, planDifference, tallyDifference } from './difference.ts'
import { type Counts, executePlan } from './execute.ts'
import { mappedSql } from './mapping.ts'
import { findBlock, makeSteps, type Plan, sampleDifference } from './plan.ts'
import { syncTables } from './tables.ts'

/** What a sync is planned or run with. */
export interface SyncRequest {
  stack: Stack
  /** Name of the sync. */
  name: string
  /** The registry (and, on the desktop, its own): where the destination's connector is found. */
  destinations: readonly Destination<any>[]
  resolver: Resolver
  warehouse: Warehouse
  runtime: Runtime
}

export interface SyncRun extends SyncRequest {
  /** Stands in millrace.sync_log and millrace.snapshots. */
  runId: string
  /** Counts: `planned`, `delivered`, `accepted`, `rejected`, `deleted`. */
  progress?: Progress | undefined
}

export interface SyncResult {
  /** `partial`: the tool took some rows and not others. */
  status: 'succeeded' | 'partial' | 'failed' | 'cancelled'
  plan: Plan
  counts: Counts
  /** What stopped the run, or the first rejected row's error. */
  error?: ErrorData
}

/**
 * What a run would do now. Nothing is sent, no snapshot is written. Throws `unknown-sync`,
 * `unknown-destination`, `unknown-connector`, `invalid-sql` with the sync's file, and the warehouse's errors.
 */
export async function planSync(request: SyncRequest): Promise<Plan> {
  return withPlan(request, false, async ({ plan }) => plan)
}

/**
 * Plans and executes that plan. A row is noted as delivered only after the tool acknowledged it; a
 * refused row is kept with its error; a run cut short is taken up by the next one. Throws as `planSync`
 * while there is no plan; from then on every expected failure stands in the result. Runs of the same
 * sync must not overlap: the host sees to that.
 */
export async function runSync(run: SyncRun): Promise<SyncResult> {
  return planAndExecute(run, false)
}

/** As `runSync`, for the rows that the tool refused before and nothing else. */
export async function retrySync(run: SyncRun): Promise<SyncResult> {
  return planAndExecute(run, true)
}

async function planAndExecute(run: SyncRun, retryOnly: boolean): Promise<SyncResult> {
  const startedAt = run.runtime.clock.now()
  return withPlan(run, retryOnly, async ({ plan, planId, bound }) => {
    const { warehouse, runtime, runId, progress } = run
    const result = await executePlan({ bound, plan, planId, runId, startedAt, warehouse, runtime, progress })
    return { ...result, plan }
  })
}

/** Makes the plan, lets `use` work with it, and forgets it: the one way to a plan, for showing it and for running it. */
async function withPlan<Result>(
  request: SyncRequest,
  retryOnly: boolean,
  use: (planned: { plan: Plan; planId: string; bound: BoundSync }) => Promise<Result>,
): Promise<Result> {
  const { stack, name, warehouse, runtime } = request
  const { signal } = runtime
  const bound = bindSync(stack, name, request.destinations, request.resolver)
  const { sync, connector, rows, target } = bound
  await migrate(warehouse, syncTables, { signal })
  const mapped = await mappedSql(warehouse, stack, sync, signal)
  const planId = `${name}-${runtime.clock.now()}-${Math.floor(runtime.random() * 2 ** 40).toString(36)}`
  try {
    await planDifference(warehouse, {
      plan: planId,
      sync: name,
      target,
      mirror: sync.content.mode === 'mirror',
      retryOnly,
      mapped,
      signal,
    }).catch((thrown: unknown) => {
      throw sqlError(thrown, { file: sync.path })
    })
    const tally = await tallyDifference(warehouse, planId, signal)
    const blocked = findBlock(sync, { connector, operations: rows.operations }, tally)
    const plan: Plan = {
      sync: name,
      steps: makeSteps(sync, rows.limits.batchSize, tally),
      counts: tally.counts,
      ...(blocked === undefined ? {} : { blocked }),
      samples: await sampleDifference(warehouse, planId, signal),
    }
    return await use({ plan, planId, bound })
  } finally {
    // A leftover is dropped by a later plan, once it is a day old.
    await dropPlan(warehouse, planId).catch(() => undefined)
  }
}
