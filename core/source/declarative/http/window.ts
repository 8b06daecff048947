/** What the API itself says of its limit: calls left, and when they are given anew (milliseconds since the epoch). */
export interface Remaining {
  calls: number | undefined
  resetAt: number | undefined
}

/**
 * A rate that requests keep to. `reserve` gives the time, now or later, at which the request may be sent,
 * and counts it there: so requests that are made side by side get different times.
 */
export interface Rate {
  reserve(now: number, weight: number): number
  update(now: number, remaining: Remaining): void
}

/** So many calls in each period, counted anew at its end (FixedWindowCallRatePolicy). */
export class FixedWindow implements Rate {
  private readonly limit: number
  private readonly period: number
  private start: number
  private end: number
  private used = 0

  constructor(limit: number, period: number, now: number) {
    this.limit = limit
    this.period = period
    this.start = now
    this.end = now + period
  }

  reserve(now: number, weight: number): number {
    this.advance(now)
    if (this.used + weight > this.limit && this.used > 0) this.next()
    this.used += weight
    return Math.max(now, this.start)
  }

  update(now: number, { calls, resetAt }: Remaining): void {
    this.advance(now)
    // Only what the API says of the window that is now: later ones are not its matter yet.
    if (this.start > now) return
    if (calls !== undefined) this.used = Math.max(this.used, this.limit - calls)
    if (resetAt !== undefined && resetAt > now) this.end = resetAt
  }

  private advance(now: number): void {
    if (now < this.end) return
    this.start = now
    this.end = now + this.period
    this.used = 0
  }

  private next(): void {
    this.start = this.end
    this.end += this.period
    this.used = 0
  }
}

/** So many calls in any stretch of time of a length; several such limits at once (MovingWindowCallRatePolicy). */
export class MovingWindow implements Rate {
  private readonly rates: readonly { limit: number; interval: number }[]
  private readonly longest: number
  /** When calls were or will be sent, ascending. */
  private times: number[] = []
  private closedUntil = 0

  constructor(rates: readonly { limit: number; interval: number }[]) {
    this.rates = rates
    this.longest = Math.max(...rates.map(({ limit }) => limit))
  }

  reserve(now: number, weight: number): number {
    let at = Math.max(now, this.closedUntil, this.times.at(-1) ?? 0)
    for (const { limit, interval } of this.rates) {
      const blocking = this.times.at(-Math.max(1, limit - Math.min(weight, limit) + 1))
      if (blocking !== undefined && this.times.length + weight > limit) at = Math.max(at, blocking + interval)
    }
    for (let count = 0; count < weight; count++) this.times.push(at)
    if (this.times.length > this.longest * 2) this.times = this.times.slice(-this.longest)
    return at
  }

  update(now: number, { calls, resetAt }: Remaining): void {
    if (calls !== 0) return
    if (resetAt !== undefined) this.closedUntil = Math.max(this.closedUntil, resetAt)
    else this.closedUntil = Math.max(this.closedUntil, now + Math.min(...this.rates.map(({ interval }) => interval)))
  }
}
