import type { Clock } from '#core/lib/runtime.ts'

/** Spaces requests evenly: so many a second. */
export class Rate {
  readonly #gap: number
  readonly #clock: Clock
  #next = 0

  /** @param perSecond undefined: as many as come */
  constructor(perSecond: number | undefined, clock: Clock) {
    this.#gap = perSecond === undefined ? 0 : 1000 / perSecond
    this.#clock = clock
  }

  /** Resolves when the next request may go; rejects once the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now()
    const at = Math.max(now, this.#next)
    this.#next = at + this.#gap
    if (at > now) await this.#clock.sleep(at - now, signal)
  }
}
