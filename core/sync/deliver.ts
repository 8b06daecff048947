import type { DeliveryRow, Operation, RowDelivery, RowOutcome } from '../connector/destination.ts'
import { cancelled, MillraceError, toMillraceError } from '../lib/error.ts'
import { backoffDelay, type RetryPolicy } from '../lib/retry.ts'
import type { Runtime } from '../lib/runtime.ts'

export interface Delivery {
  connector: string
  rows: RowDelivery<unknown>
  config: unknown
  sync: string
  object: string
  operation: Operation
  runtime: Runtime
}

/** What became of one row of a batch. */
export interface Delivered {
  /** Missing: the tool neither took nor refused it. */
  outcome?: Exclude<RowOutcome, { status: 'undelivered' }>
  /** An earlier try may have arrived without an answer. */
  doubtful: boolean
}

export interface BatchResult {
  /** By key; each row of the batch. */
  rows: Map<string, Delivered>
  /** Why the run cannot go on. */
  stopped?: MillraceError
}

/** Tries without any progress before a run gives up; about a minute of waiting. */
const policy: RetryPolicy = { attempts: 6, baseDelay: 1000, maxDelay: 30_000 }
/** A tool that asks for a longer pause gets it from the next run. */
const longestPause = 300

/** Failures that say that nothing of the call was taken (see `RowOutcome`). */
const neverTaken = new Set(['destination-unreachable', 'destination-auth', 'destination-moved', 'destination-throttled'])

/** Sends one batch until the tool has taken or refused each row, or cannot be reached. Never throws for the tool's failures. */
export async function deliverBatch(delivery: Delivery, batch: readonly DeliveryRow[]): Promise<BatchResult> {
  const { runtime } = delivery
  const rows = new Map<string, Delivered>(batch.map(({ key }) => [key, { doubtful: false }]))
  let pending = [...batch]
  for (let attempt = 1; ; attempt++) {
    if (runtime.signal.aborted) return { rows, stopped: cancelled('The run was cancelled.', runtime.signal.reason) }
    const outcomes = await attemptBatch(delivery, pending)
    const left: DeliveryRow[] = []
    let failure: MillraceError | undefined
    for (const [index, row] of pending.entries()) {
      const outcome = outcomes[index]!
      const delivered = rows.get(row.key)!
      if (outcome.status !== 'undelivered') {
        delivered.outcome = outcome
        continue
      }
      left.push(row)
      delivered.doubtful ||= !neverTaken.has(outcome.error.code)
      // One that no retry mends outweighs the others.
      if (failure === undefined || (failure.retryable && !outcome.error.retryable)) failure = outcome.error
    }
    if (failure === undefined) return { rows }
    if (left.length < pending.length) attempt = 1
    pending = left
    if (!failure.retryable || attempt >= policy.attempts || (failure.retryAfter ?? 0) > longestPause) return { rows, stopped: failure }
    const delay = backoffDelay(policy, attempt, runtime.random, failure.retryAfter)
    runtime.log('warn', `${failure.message} Trying again in ${Math.round(delay)} ms.`, {
      sync: delivery.sync,
      rows: pending.length,
      attempt,
    })
    try {
      await runtime.clock.sleep(delay, runtime.signal)
    } catch (thrown) {
      return { rows, stopped: toMillraceError(thrown) }
    }
  }
}

/** One call. What it throws is what happened to each of its rows. */
async function attemptBatch(delivery: Delivery, rows: DeliveryRow[]): Promise<RowOutcome[]> {
  const { connector, config, sync, object, operation, runtime } = delivery
  try {
    const outcomes = await delivery.rows.deliver(config, { sync, object, operation, rows }, runtime)
    if (outcomes.length === rows.length) return outcomes
    throw new MillraceError({
      code: 'destination-defect',
      fault: 'system',
      message: `The connector ${connector} answered for ${outcomes.length} of ${rows.length} rows.`,
    })
  } catch (thrown) {
    const error = toMillraceError(thrown)
    return rows.map(() => ({ status: 'undelivered', error }))
  }
}
