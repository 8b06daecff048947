import type { Appended } from './spool.ts'
import type { Part, Target } from './spool-store.ts'

/** What one request adds. */
export interface Addition {
  source: string
  lines: readonly string[]
  rejected: readonly string[]
}

interface Spooler {
  append(parts: Part[], receivedAt: number): Promise<Appended>
}

/** A lot this large is closed, in characters; more go with the next. */
const lotSize = 4 * 1024 * 1024
/** A part this large is closed: 2 MB is the most one row of a durable object's SQLite may have, at up to 3 bytes a character. */
const partSize = 600 * 1024
/** How long a lot waits for company before it goes, in milliseconds: a commit costs the same for one as for fifty. */
const linger = 2
/** How long an append may take, in milliseconds, before the sender is asked to come again. */
const patience = 10_000

/**
 * Gathers what concurrent requests of this isolate add into lots, one call and one transaction of the spool each:
 * while a lot is on its way, the next fills. The first request of a lot carries it; the others wait for it.
 */
export class Gatherer {
  #open: Lot | undefined
  #last: Promise<unknown> = Promise.resolve()

  /**
   * Resolves once the rows are durable, or are refused.
   * @param keepAlive `waitUntil` of the request: the lot belongs to others too, and must go even if this sender leaves
   */
  add(addition: Addition, spool: () => Spooler, keepAlive: (work: Promise<unknown>) => void): Promise<Appended> {
    let lot = this.#open
    if (lot === undefined || lot.size > lotSize) {
      lot = new Lot()
      this.#open = lot
      const carried = this.#carry(lot, this.#last, spool)
      this.#last = lot.done
      keepAlive(carried)
    }
    lot.add(addition)
    return lot.done
  }

  async #carry(lot: Lot, before: Promise<unknown>, spool: () => Spooler): Promise<void> {
    await within(before, patience)
    await sleep(linger)
    if (this.#open === lot) this.#open = undefined
    const late: Appended = { ok: false, reason: 'disk', message: 'The spool did not answer in time.' }
    try {
      lot.settle((await within(spool().append(lot.parts(), Date.now()), patience)) ?? late)
    } catch (thrown) {
      lot.settle({ ok: false, reason: 'disk', message: String(thrown) })
    }
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** The outcome of `work`, or undefined once `milliseconds` are over. */
async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: number | null = null
  const over = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), milliseconds) as unknown as number))
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}

class Lot {
  readonly #closed: Part[] = []
  readonly #filling: Record<Target, { lines: string[]; size: number; counts: Map<string, number> }> = { all: empty(), rejected: empty() }
  readonly #outcome = Promise.withResolvers<Appended>()
  readonly done = this.#outcome.promise
  size = 0

  add({ source, lines, rejected }: Addition): void {
    for (const line of lines) this.#line('all', source, line)
    for (const line of rejected) this.#line('rejected', source, line)
  }

  parts(): Part[] {
    this.#close('all')
    this.#close('rejected')
    return this.#closed
  }

  settle(outcome: Appended): void {
    this.#outcome.resolve(outcome)
  }

  #line(target: Target, source: string, line: string): void {
    if (this.#filling[target].size + line.length > partSize) this.#close(target)
    const filling = this.#filling[target]
    filling.lines.push(line)
    filling.size += line.length
    filling.counts.set(source, (filling.counts.get(source) ?? 0) + 1)
    this.size += line.length
  }

  #close(target: Target): void {
    const { lines, counts } = this.#filling[target]
    if (lines.length === 0) return
    this.#closed.push({ target, lines: lines.join('\n'), counts: Object.fromEntries(counts) })
    this.#filling[target] = empty()
  }
}

function empty() {
  return { lines: [] as string[], size: 0, counts: new Map<string, number>() }
}
