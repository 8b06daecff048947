import { toMillraceError } from './error.ts'
import type { Clock } from './runtime.ts'

export interface RetryPolicy {
  /** Tries in all, the first included. */
  attempts: number
  /** Milliseconds before the second try; doubles from there. */
  baseDelay: number
  /** The longest wait between two tries, in milliseconds; a server's `Retry-After` may exceed it. */
  maxDelay: number
}

/**
 * Milliseconds to wait before try number `attempt + 1` (attempts count from 1): exponential with
 * full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), never under `retryAfter` seconds.
 */
export function backoffDelay(policy: RetryPolicy, attempt: number, random: () => number, retryAfter?: number): number {
  const ceiling = Math.min(policy.maxDelay, policy.baseDelay * 2 ** (attempt - 1))
  return Math.max((retryAfter ?? 0) * 1000, random() * ceiling)
}

/** Runs `work` until it succeeds, fails for good, or the tries are used up; throws the last MillraceError. */
export async function retry<T>(
  policy: RetryPolicy,
  context: { clock: Clock; random: () => number; signal: AbortSignal },
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    context.signal.throwIfAborted()
    try {
      return await work(attempt)
    } catch (thrown) {
      const error = toMillraceError(thrown)
      if (!error.retryable || attempt >= policy.attempts) throw error
      await context.clock.sleep(backoffDelay(policy, attempt, context.random, error.retryAfter), context.signal)
    }
  }
}
