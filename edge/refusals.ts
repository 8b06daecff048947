import type { Refused } from '#core/event/edge-metrics.ts'
import { log } from './log.ts'

/** How often one source's refusals of a kind are told in the log, in milliseconds: who sends rubbish must not fill it. */
const logEvery = 10_000
/** How long counts wait for others before the spool is told, in milliseconds. */
const linger = 500

interface Counter {
  refused(counts: Refused[]): Promise<void>
}

/** Counts requests that are answered with an error, by source and code, and has a spool keep the counts: an isolate does not live long. */
export class Refusals {
  #counts = new Map<string, Refused>()
  #telling = false
  readonly #logged = new Map<string, { count: number; at: number }>()

  /**
   * @param source of the publication; undefined when it is not known: other names are not counted, for there is no end of them
   * @param keepAlive `waitUntil` of the request
   */
  add(source: string | undefined, code: string, counter: () => Counter, keepAlive: (work: Promise<unknown>) => void): void {
    const key = `${code}\n${source ?? ''}`
    const refused = this.#counts.get(key)
    if (refused === undefined) this.#counts.set(key, { ...(source === undefined ? {} : { source }), code, requests: 1 })
    else refused.requests += 1
    if (this.#telling) return
    this.#telling = true
    keepAlive(this.#tell(counter))
  }

  /** Notes in the log what a sender is to mend, such as a signature that is wrong. */
  log(source: string, code: string, message: string, now: number): void {
    const key = `${code}\n${source}`
    const seen = this.#logged.get(key) ?? { count: 0, at: -Infinity }
    seen.count++
    this.#logged.set(key, seen)
    if (now - seen.at < logEvery) return
    log('warn', 'A request was refused.', { source, code, reason: message, count: seen.count })
    this.#logged.set(key, { count: 0, at: now })
  }

  async #tell(counter: () => Counter): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, linger))
    const counts = this.#counts
    this.#counts = new Map()
    this.#telling = false
    try {
      await counter().refused([...counts.values()])
    } catch (thrown) {
      log('error', 'Refused requests could not be counted.', { error: String(thrown) })
    }
  }
}
