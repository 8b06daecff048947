import { type RetryPolicy, retry } from '../lib/retry.ts'
import type { Runtime } from '../lib/runtime.ts'

/** The warehouse may still be starting when a run does. */
export const atStart: RetryPolicy = { attempts: 8, baseDelay: 250, maxDelay: 10_000 }

/** A warehouse that restarts in the middle of a run is waited for, about two minutes in all. */
export const underWay: RetryPolicy = { attempts: 12, baseDelay: 250, maxDelay: 20_000 }

/**
 * Asks the warehouse until it answers, refuses, or the patience ends. The answer may be what was lost: `work` has to
 * come to the same when it is done again.
 */
export function patiently<Value>(policy: RetryPolicy, { clock, random, signal }: Runtime, work: () => Promise<Value>): Promise<Value> {
  return retry(policy, { clock, random, signal }, work)
}
