import type { EventOutcome } from '#core/connector/destination.ts'
import type { MillraceError } from '#core/lib/error.ts'
import { backoffDelay, type RetryPolicy } from '#core/lib/retry.ts'
import type { Candidate } from './candidate.ts'
import { mayBeOfAnEvent } from './pace.ts'

/** What became of a batch. */
export interface Settlement {
  counts: Counts
  /** To be tried again on their own. */
  later: Later[]
  /** Given up. */
  dead: { candidate: Candidate; error: MillraceError }[]
  /** Of those that the tool could not be asked for, the error that weighs most. */
  failure: MillraceError | undefined
}

export interface Counts {
  delivered: number
  filtered: number
  skipped: number
  rejected: number
  retried: number
}

export interface Later extends Candidate {
  dueAt: number
}

export interface Judge {
  now: number
  random: () => number
  policy: RetryPolicy
  /** How many events the tool has taken so far. */
  taken: number
  /** An event is given up that is older than this, in milliseconds since it was first tried. */
  maxAge: number
}

export const noCounts: Counts = { delivered: 0, filtered: 0, skipped: 0, rejected: 0, retried: 0 }

/**
 * Settles each event by its outcome. One the tool could not be asked for is tried again, `policy.attempts` times: but
 * only a try counts that failed for the event itself while the tool took others, lest a tool that is away for a day
 * use them up.
 */
export function settle(candidates: readonly Candidate[], outcomes: readonly EventOutcome[], judge: Judge): Settlement {
  const settlement: Settlement = { counts: { ...noCounts }, later: [], dead: [], failure: undefined }
  const { counts, later, dead } = settlement
  const settled = outcomes.filter(({ status }) => status !== 'undelivered').length
  for (const [index, candidate] of candidates.entries()) {
    const outcome = outcomes[index]!
    switch (outcome.status) {
      case 'accepted':
        counts.delivered += 1
        break
      case 'skipped':
        counts.skipped += 1
        break
      case 'rejected':
        counts.rejected += 1
        dead.push({ candidate, error: outcome.error })
        break
      case 'undelivered': {
        const { error } = outcome
        const alone = candidates.length === 1 && judge.taken > candidate.taken
        const tried = nextTry(candidate, judge, mayBeOfAnEvent(error) && (settled > 0 || alone), settled)
        if (settlement.failure === undefined || (settlement.failure.retryable && !error.retryable)) settlement.failure = error
        if (tried.strikes >= judge.policy.attempts || judge.now - tried.since > judge.maxAge) dead.push({ candidate, error })
        else {
          counts.retried += 1
          later.push({ ...tried, dueAt: judge.now + backoffDelay(judge.policy, tried.tries, judge.random, error.retryAfter) })
        }
      }
    }
  }
  return settlement
}

function nextTry(candidate: Candidate, { now, taken }: Judge, counts: boolean, settled: number): Candidate {
  const { tries, strikes, since } = candidate
  return {
    ...candidate,
    tries: tries + 1,
    strikes: strikes + (counts ? 1 : 0),
    taken: taken + settled,
    since: tries === 0 ? now : since,
  }
}
