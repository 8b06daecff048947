import { type RetryPolicy, retry } from '#core/lib/retry.ts'
import type { Clock } from '#core/lib/runtime.ts'

/** How often a store is asked again, for one request or for the rest of one file without a byte in between. */
export const storePolicy: RetryPolicy = { attempts: 6, baseDelay: 500, maxDelay: 20_000 }

/** One request to a store, again while its failure may pass. */
export function storeRetry<T>(context: { clock: Clock; random: () => number; signal: AbortSignal }, work: () => Promise<T>): Promise<T> {
  return retry(storePolicy, context, work)
}
