/** How many seconds' worth of its rate a bucket lets through at once. */
const burstSeconds = 5

/**
 * A limit of `rate` a second, over which a burst of a few seconds' worth may go. A request of many events is let in
 * whole while anything is left, and those after it wait until its debt is paid: a batch need not fit a limit to pass it.
 */
export class TokenBucket {
  readonly #rate: number
  readonly #capacity: number
  #tokens: number
  #at: number

  /** @param now milliseconds, of any clock that `take` is given too */
  constructor(rate: number, now: number) {
    this.#rate = rate
    this.#capacity = Math.max(1, rate * burstSeconds)
    this.#tokens = this.#capacity
    this.#at = now
  }

  /** Takes `count`. 0 when it may pass, else after how many seconds to come again. */
  take(count: number, now: number): number {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (Math.max(0, now - this.#at) / 1000) * this.#rate)
    this.#at = now
    if (this.#tokens < 1) return Math.max(1, Math.ceil((1 - this.#tokens) / this.#rate))
    this.#tokens -= count
    return 0
  }
}
