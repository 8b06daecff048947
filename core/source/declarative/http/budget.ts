import { MillraceError } from '../../../lib/error.ts'
import type { Runtime } from '../../../lib/runtime.ts'
import type { Interpolation } from '../interpolation.ts'
import type { BudgetComponent, PolicyComponent } from '../manifest/budget.ts'
import { parseSpan } from '../time/span.ts'
import { addSpan, Moment } from '../time/moment.ts'
import { type Matcher, matcherOf } from './matcher.ts'
import { FixedWindow, MovingWindow, type Rate, type Remaining } from './window.ts'

interface Policy {
  matchers: Matcher[]
  /** Missing: unlimited. */
  rate?: Rate
}

/**
 * The manifest's HTTPAPIBudget: the first policy that a request matches says when it is sent, and learns from
 * the answer's headers how much the API has left. All requests ask it, so streams share it. Throws
 * `invalid-budget` (config).
 */
export class Budget {
  private readonly component: BudgetComponent
  private readonly policies: readonly Policy[]
  private readonly runtime: Runtime

  constructor(component: BudgetComponent, interpolation: Interpolation, runtime: Runtime) {
    this.component = component
    this.policies = component.policies.map((policy) => policyOf(policy, interpolation, runtime.clock.now()))
    this.runtime = runtime
  }

  /** Resolves when the request may be sent. A wait may be longer than a request may take, so it comes before. */
  async admit(method: string, target: string, headers: Record<string, string>): Promise<void> {
    const { clock, log, signal } = this.runtime
    const found = find(this.policies, new Request(target, { method, headers }))
    if (found?.policy.rate === undefined) return
    const now = clock.now()
    const at = found.policy.rate.reserve(now, found.weight)
    if (at <= now) return
    log('info', 'The budget of the API is used up: waiting.', { seconds: Math.ceil((at - now) / 1000) })
    await clock.sleep(at - now, signal)
  }

  /** A fetch whose answers the budget learns from. */
  readonly fetch: typeof fetch = async (input, init) => {
    const { clock, fetch } = this.runtime
    const response = await fetch(input, init)
    const request = new Request(input, { method: init?.method ?? 'GET', headers: init?.headers ?? {} })
    find(this.policies, request)?.policy.rate?.update(clock.now(), remainingOf(response, this.component, clock.now()))
    return response
  }
}

function find(policies: readonly Policy[], request: Request): { policy: Policy; weight: number } | undefined {
  for (const policy of policies) {
    if (policy.matchers.length === 0) return { policy, weight: 1 }
    for (const matcher of policy.matchers) {
      const weight = matcher(request)
      if (weight !== undefined) return { policy, weight }
    }
  }
  return undefined
}

function policyOf(component: PolicyComponent, interpolation: Interpolation, now: number): Policy {
  const matchers = component.matchers.map((matcher) => matcherOf(matcher, interpolation))
  const count = (source: string | number) => {
    const value = Number(interpolation.text(String(source), {}))
    if (Number.isInteger(value) && value > 0) return value
    throw invalidBudget(`"${source}" is not a number of calls`)
  }
  const millis = (source: string) => {
    const span = parseSpan(interpolation.text(source, {}))
    const length = span && Number((addSpan(Moment.fromMillis(now), span).micros - Moment.fromMillis(now).micros) / 1000n)
    if (length !== undefined && length > 0) return length
    throw invalidBudget(`"${source}" is not an ISO 8601 duration`)
  }
  switch (component.type) {
    case 'UnlimitedCallRatePolicy':
      return { matchers }
    case 'FixedWindowCallRatePolicy':
      return { matchers, rate: new FixedWindow(count(component.call_limit), millis(component.period), now) }
    case 'MovingWindowCallRatePolicy':
      return {
        matchers,
        rate: new MovingWindow(component.rates.map(({ limit, interval }) => ({ limit: count(limit), interval: millis(interval) }))),
      }
  }
}

/** Epoch seconds or milliseconds, or seconds from now (draft-ietf-httpapi-ratelimit-headers has the latter). */
function remainingOf(response: Response, budget: BudgetComponent, now: number): Remaining {
  const number = (name: string) => {
    const text = response.headers.get(name)?.trim()
    return text && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
  }
  const reset = number(budget.ratelimit_reset_header)
  const resetAt =
    reset === undefined ? undefined : reset > 100_000_000_000 ? reset : reset > 100_000_000 ? reset * 1000 : now + reset * 1000
  const isHit = budget.status_codes_for_ratelimit_hit.includes(response.status)
  return { calls: number(budget.ratelimit_remaining_header) ?? (isHit ? 0 : undefined), resetAt }
}

function invalidBudget(reason: string): MillraceError {
  return new MillraceError({
    code: 'invalid-budget',
    fault: 'config',
    message: `The api_budget of the manifest cannot be used: ${reason}.`,
    mend: 'Correct it in the manifest.',
  })
}
