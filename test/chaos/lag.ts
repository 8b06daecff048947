/** Times, in milliseconds, and where most of them lie. */
export class Lag {
  readonly #times: number[] = []

  add(milliseconds: number): void {
    this.#times.push(milliseconds)
  }

  get count(): number {
    return this.#times.length
  }

  /** What the given part of them does not exceed; 0 when there are none. */
  at(part: number): number {
    const sorted = this.#times.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  }
}
