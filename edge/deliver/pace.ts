import type { MillraceError } from '#core/lib/error.ts'

/** Failures that say of the tool that it could not be asked, whatever was sent (see `RowOutcome` in core/connector/destination.ts). */
const ofTheTool = new Set(['destination-unreachable', 'destination-auth', 'destination-moved', 'destination-throttled'])

/** Whether a failure may be due to what was sent. */
export function mayBeOfAnEvent(error: MillraceError): boolean {
  return error.fault !== 'config' && !ofTheTool.has(error.code)
}

/** Failures in a row after which one event is suspected of them. */
const patience = 3
/** Events set aside in a row without the tool taking one: then it is the tool, not they. */
const mostAside = 20

/**
 * How many events go at a time. A tool that fails again and again may be failing on one event of them: so batches are
 * halved until it stands alone, and set aside, to be tried on its own. They grow again as the tool takes them.
 */
export class Pace {
  readonly #most: number
  #failures = 0
  #aside = 0
  size: number

  constructor(most: number) {
    this.#most = most
    this.size = most
  }

  succeeded(): void {
    this.#failures = 0
    this.#aside = 0
    this.size = Math.min(this.#most, this.size * 2)
  }

  /** @param events how many went. @returns whether they are to be set aside */
  failed(error: MillraceError, events: number): boolean {
    this.#failures += 1
    if (!mayBeOfAnEvent(error) || this.#failures < patience) return false
    this.size = Math.max(1, Math.ceil(Math.min(this.size, events) / 2))
    if (events > 1 || this.#aside >= mostAside) return false
    this.#aside += 1
    return true
  }
}
