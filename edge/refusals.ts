import { log } from './log.ts'

/** How often one source's refusals are told, in milliseconds: who sends rubbish must not fill the log. */
const tellEvery = 10_000

/** Counts what is refused before it is anything to keep, such as a forged signature; the log tells it by source. */
export class Refusals {
  readonly #bySource = new Map<string, { count: number; toldAt: number }>()

  /** @param source of the publication: names that are not are not counted, for there is no end of them */
  add(source: string, code: string, message: string, now: number): void {
    const seen = this.#bySource.get(source) ?? { count: 0, toldAt: -Infinity }
    seen.count++
    this.#bySource.set(source, seen)
    if (now - seen.toldAt < tellEvery) return
    log('warn', 'A request was refused.', { source, code, reason: message, count: seen.count })
    this.#bySource.set(source, { count: 0, toldAt: now })
  }
}
