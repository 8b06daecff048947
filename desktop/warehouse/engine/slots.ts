/** So many at a time, the others in line in the order they came. */
export class Slots {
  #free: number
  readonly #line: (() => void)[] = []

  constructor(size: number) {
    this.#free = size
  }

  /** Resolves with a function that gives the slot back; rejects with the signal's reason when it aborts in line. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free--
    else await this.#wait(signal)
    let given = false
    return () => {
      if (given) return
      given = true
      const next = this.#line.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onTurn = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = () => {
        this.#line.splice(this.#line.indexOf(onTurn), 1)
        reject(signal.reason)
      }
      this.#line.push(onTurn)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}
