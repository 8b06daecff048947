import type { Destination } from '../connector/destination.ts'
import type { ErrorData } from '../lib/error.ts'
import type { Progress } from '../lib/progress.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { Resolver } from '../stack/resolver.ts'
import type { Stack } from '../stack/stack.ts'
import type { Warehouse } from '../warehouse/port.ts'
import type { Plan } from './plan.ts'

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
  counts: Record<string, number>
  /** What stopped the run, or the first rejected row's error. */
  error?: ErrorData
}

/**
 * What a run would do now. Nothing is sent, no snapshot is written. Throws `unknown-sync`,
 * `unknown-destination`, `unknown-connector`, `invalid-sql` with the sync's file, and the warehouse's errors.
 */
export async function planSync(_request: SyncRequest): Promise<Plan> {
  throw new Error('being built')
}

/**
 * Plans and executes that plan. A row is noted as delivered only after the tool acknowledged it; a
 * refused row is kept with its error; a run cut short is taken up by the next one. Throws as `planSync`
 * while there is no plan; from then on every expected failure stands in the result.
 */
export async function runSync(_run: SyncRun): Promise<SyncResult> {
  throw new Error('being built')
}

/** As `runSync`, for the rows that the tool refused before and nothing else. */
export async function retrySync(_run: SyncRun): Promise<SyncResult> {
  throw new Error('being built')
}
