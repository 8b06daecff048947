/**
 * The alarm of a durable object, of which it has one.
 *
 * An alarm that is set anew, while its handler runs, to the very time it went off for is taken by the runtime for the
 * one that is done, and never goes off (seen on workerd 1.20261117, where two steps came within one millisecond). So each is later,
 * if only by a millisecond, than the one before.
 */
export class Alarm {
  readonly #storage: Pick<DurableObjectStorage, 'setAlarm'>
  #at: number | undefined
  #earliest = -Infinity

  constructor(storage: Pick<DurableObjectStorage, 'setAlarm'>) {
    this.#storage = storage
  }

  /** To be called first by the handler. */
  goesOff(): void {
    // It is not known what another life of the object had set: not later than now.
    this.#earliest = Math.max(this.#at ?? -Infinity, Date.now()) + 1
    this.#at = undefined
  }

  /** Has it go off at a time, in milliseconds since 1970, or as soon after as may be; unless it goes off before that. */
  setBy(time: number): void {
    if (time >= (this.#at ?? Infinity)) return
    this.#at = Math.max(Math.ceil(time), this.#earliest)
    void this.#storage.setAlarm(this.#at)
  }
}
