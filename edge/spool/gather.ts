import type { SeenRow } from '#core/event/seen.ts'
import type { Appended, DropCounts, Part, Target } from './part.ts'

/** What one request adds. */
export interface Addition {
  source: string
  lines: readonly string[]
  rejected: readonly string[]
  violations: readonly string[]
  /** Events that are only counted, by reason. */
  dropped: DropCounts
  /** What no event before these had (`Acceptor`). */
  seen: readonly SeenRow[]
}

interface Spooler {
  append(parts: Part[], receivedAt: number, dropped: Record<string, DropCounts>): Promise<Appended>
}

/** A lot this large is closed, in characters; more go with the next. */
const lotSize = 4 * 1024 * 1024
/** A part this large is closed: 2 MB is the most one row of a durable object's SQLite may have, at up to 3 bytes a character. */
const partSize = 600 * 1024
/** How long a lot waits at most for company that is expected, in milliseconds: a commit costs the same for one as for fifty. */
const linger = 5
/** How long an append may take, in milliseconds, before the sender is asked to come again. */
const patience = 10_000

/**
 * Gathers what concurrent requests of this isolate add into lots, one call and one transaction of the spool each:
 * while a lot is on its way, the next fills. The first request of a lot carries it; the others wait for it.
 */
export class Gatherer {
  #open: Lot | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** Requests that are likely to come together, from what came before: a lot that has them does not wait for more. */
  #company = 1
  /** Sightings of a lot that was not kept: they go with the next. */
  #untold: readonly SeenRow[] = []

  /**
   * Resolves once the rows are durable, or are refused.
   * @param keepAlive `waitUntil` of the request: the lot belongs to others too, and must go even if this sender leaves
   */
  add(addition: Addition, spool: () => Spooler, keepAlive: (work: Promise<unknown>) => void): Promise<Appended> {
    const open = this.#open
    if (open !== undefined && open.size <= lotSize) {
      open.add(addition)
      if (open.requests >= this.#company) open.fill()
      return open.done
    }
    const lot = new Lot()
    this.#open = lot
    lot.add(addition)
    const carried = this.#carry(lot, this.#last, spool)
    this.#last = lot.done
    keepAlive(carried)
    return lot.done
  }

  async #carry(lot: Lot, before: Promise<unknown>, spool: () => Spooler): Promise<void> {
    await within(before, patience)
    if (lot.requests < this.#company) await Promise.race([sleep(linger), lot.filled])
    if (this.#open === lot) this.#open = undefined
    const late: Appended = { ok: false, reason: 'disk', message: 'The spool did not answer in time.' }
    const seen = [...this.#untold, ...lot.seen]
    const parts = lot.parts(seen)
    let outcome: Appended
    try {
      outcome = (await within(spool().append(parts, Date.now(), lot.dropped), patience)) ?? late
    } catch (thrown) {
      outcome = { ok: false, reason: 'disk', message: String(thrown) }
    }
    // Sightings go with rows, and a lot of counts alone has none.
    this.#untold = outcome.ok && parts.length > 0 ? [] : seen
    const together = lot.requests + (this.#open?.requests ?? 0)
    this.#company = Math.max(together, Math.floor((this.#company + together) / 2))
    lot.settle(outcome)
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** The outcome of `work`, or undefined once `milliseconds` are over. */
async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const over = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => over.resolve(undefined), milliseconds)
  try {
    return await Promise.race([work, over.promise])
  } finally {
    clearTimeout(timer)
  }
}

class Lot {
  readonly #closed: Omit<Part, 'seen'>[] = []
  readonly #filling: Record<Target, { lines: string[]; size: number; counts: Map<string, number> }> = {
    all: empty(),
    rejected: empty(),
    violations: empty(),
  }
  readonly #settled = Promise.withResolvers<Appended>()
  readonly done = this.#settled.promise
  readonly #full = Promise.withResolvers<void>()
  readonly filled = this.#full.promise
  readonly seen: SeenRow[] = []
  /** By source. */
  readonly dropped: Record<string, DropCounts> = {}
  requests = 0
  size = 0

  add({ source, lines, rejected, violations, dropped, seen }: Addition): void {
    for (const line of lines) this.#line('all', source, line)
    for (const line of rejected) this.#line('rejected', source, line)
    for (const line of violations) this.#line('violations', source, line)
    if (seen.length > 0) this.seen.push(...seen)
    for (const reason in dropped) {
      const counts = (this.dropped[source] ??= {})
      counts[reason] = (counts[reason] ?? 0) + dropped[reason]!
    }
    this.requests += 1
  }

  /** It need not wait for more. */
  fill(): void {
    this.#full.resolve()
  }

  /** @param seen goes with the first part */
  parts(seen: readonly SeenRow[]): Part[] {
    this.#close('all')
    this.#close('rejected')
    this.#close('violations')
    return this.#closed.map((part, index) => ({ ...part, seen: index === 0 ? seen : [] }))
  }

  settle(outcome: Appended): void {
    this.#settled.resolve(outcome)
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
