import type { EventOutcome } from '#core/connector/destination.ts'
import type { StreamedEvent } from '#core/event/streamed.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import { type Log, systemClock } from '#core/lib/runtime.ts'
import type { Plan } from './plan.ts'
import type { Rate } from './rate.ts'
import { Turns } from './turns.ts'

/** How long a delivery may take, in milliseconds, whatever the connector's own patience. */
const longest = 300_000
/** The longest pause that a tool is granted, in seconds. */
const longestPause = 3600

interface CallOptions {
  log: Log
  /** Requests that it may have under way at a time. */
  requests: number
  rate: Rate
  signal: AbortSignal
}

/** One call of a connector: an outcome for each event. Where the whole call failed, all are `undelivered` with its error. */
export async function call(
  plan: Plan,
  events: readonly StreamedEvent[],
  { log, requests, rate, signal }: CallOptions,
): Promise<EventOutcome[]> {
  const turns = new Turns(requests)
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), longest)
  try {
    const outcomes = await plan.delivery.deliver(plan.config, events, {
      fetch: (input, init) =>
        turns.take(async () => {
          await rate.wait(signal)
          return fetch(input, init)
        }),
      clock: systemClock,
      random: Math.random,
      log,
      signal: AbortSignal.any([signal, late.signal]),
    })
    if (outcomes.length === events.length) return outcomes.map(withinReason)
    const message = `The connector answered for ${outcomes.length} of ${events.length} events.`
    throw new MillraceError({ code: 'destination-defect', fault: 'system', message })
  } catch (thrown) {
    const error = toMillraceError(thrown)
    return events.map(() => withinReason({ status: 'undelivered', error }))
  } finally {
    clearTimeout(timer)
  }
}

/** A tool may ask for a pause, but not for one without end. */
function withinReason(outcome: EventOutcome): EventOutcome {
  if (outcome.status !== 'undelivered' || (outcome.error.retryAfter ?? 0) <= longestPause) return outcome
  const { error } = outcome
  return { status: 'undelivered', error: new MillraceError({ ...error.toJSON(), retryAfter: longestPause, cause: error.cause }) }
}
