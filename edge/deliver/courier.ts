import type { EventOutcome } from '#core/connector/destination.ts'
import { type MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { Result } from '#core/lib/result.ts'
import { backoffDelay, type RetryPolicy } from '#core/lib/retry.ts'
import { type Log, systemClock } from '#core/lib/runtime.ts'
import type { SpoolStore } from '../spool/spool-store.ts'
import type { EdgeWarehouse } from '../warehouse.ts'
import { call } from './call.ts'
import { type Candidate, fresh } from './candidate.ts'
import { type Cut, cut, fitting, type Position } from './cut.ts'
import type { DeliveryStore, Replay } from './delivery-store.ts'
import { mayBeOfAnEvent, Pace } from './pace.ts'
import { type PastEvent, pastEvents } from './past-events.ts'
import type { Plan } from './plan.ts'
import { Rate } from './rate.ts'
import { type Settlement, settle } from './settlement.ts'
import type { Turns } from './turns.ts'

export interface CourierParts {
  name: string
  store: DeliveryStore
  chunks: SpoolStore
  warehouse: EdgeWarehouse
  log: Log
  limits: DeliveryLimits
  /** Shared by all couriers of the spool. */
  turns: Turns
  /** Requests that one delivery may have under way. */
  requests: number
  /** Called when dead letters were added to the spool, for the warehouse. */
  onDead: () => void
}

export interface DeliveryLimits {
  /** Tries of one event that fail while others are taken. */
  attempts: number
  /** The longest wait between two tries, in milliseconds; also between tries of a destination whose settings are at fault. */
  maxDelay: number
  /** A destination's backlog past which the oldest of it are given up. */
  backlogBytes: number
  backlogAge: number
}

/** Events that failed and wait, past which no new ones are taken on: the spool keeps those without copying them. */
const mostFailed = { events: 10_000, bytes: 64 * 1024 * 1024 }
/** How long events may have been gathered before they were written, in milliseconds (`spool/gather.ts`). */
export const gathering = 20_000
/** How long the object is to be kept awake for a delivery under way, in milliseconds. */
const underWay = 30_000

/**
 * Carries events to one destination, a batch at a time, taking turns between three lanes:
 *
 *   waiting   events that failed, each when it is due ──┐
 *   spool     cut ─▶ note its end ─▶ ───────────────────┼─▶ deliver ─▶ settle: cursor, waiting, dead letters
 *   replay    a time range out of the warehouse ────────┘
 *
 * A batch of the spool or of a replay that fails as a whole stays where it is, and the destination rests
 * (exponential, full jitter; one that is misconfigured rests long). Nobody waits for it but itself.
 */
export class Courier {
  readonly #parts: CourierParts
  readonly #policy: RetryPolicy
  readonly #gone = new AbortController()
  #plan: Plan | undefined
  #pace = { spool: new Pace(1), waiting: new Pace(1), replay: new Pace(1) }
  #running = false
  #again = false
  #timer: number | null = null
  #dueAt: number | undefined
  #restsUntil = 0
  #failures = 0
  #lastError: { code: string; message: string; at: number } | undefined
  #paused = false
  #lastAt: number | undefined
  #rate = new Rate(undefined, systemClock)
  #split: { id: number; lines: string[] } | undefined
  #page: { replay: number; events: PastEvent[] } | undefined
  #reading = false
  #readFailures = 0
  #readsAt = 0

  constructor(parts: CourierParts) {
    this.#parts = parts
    this.#policy = { attempts: parts.limits.attempts, baseDelay: 500, maxDelay: parts.limits.maxDelay }
  }

  /** Takes on what was published, and tries at once, however long it was to rest. */
  follow(plan: Result<Plan>): void {
    this.#restsUntil = 0
    this.#readsAt = 0
    this.#paused = !plan.ok
    if (plan.ok) {
      const { batchSize, requestsPerSecond } = plan.value.delivery.limits
      if (this.#plan === undefined) this.#lastError = undefined
      this.#plan = plan.value
      this.#pace = { spool: new Pace(batchSize), waiting: new Pace(batchSize), replay: new Pace(batchSize) }
      this.#rate = new Rate(requestsPerSecond, systemClock)
      this.wake(0)
    } else {
      this.#plan = undefined
      this.#note(plan.error)
    }
  }

  stop(): void {
    this.#gone.abort()
    clearTimeout(this.#timer)
  }

  /** Looks after its lanes in `delay` milliseconds, or sooner if it was to anyway; not before its rest is over. */
  wake(delay: number): void {
    this.#again = true
    if (!this.#running) this.#schedule(Math.max(Date.now() + delay, this.#restsUntil))
  }

  /** Reads anew what it has read and not yet delivered. */
  forget(): void {
    this.#split = undefined
    this.#page = undefined
  }

  /** When it is to be awake, if at all. */
  get dueAt(): number | undefined {
    return this.#running || this.#reading ? Date.now() + underWay : this.#dueAt
  }

  get state() {
    const resting = this.#restsUntil > Date.now()
    return {
      state: this.#paused ? ('paused' as const) : resting ? ('waiting' as const) : ('active' as const),
      ...(this.#lastAt === undefined ? {} : { lastAt: this.#lastAt }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      ...(resting ? { nextAt: this.#restsUntil } : {}),
    }
  }

  #schedule(at: number): void {
    if (this.#gone.signal.aborted || (this.#dueAt !== undefined && this.#dueAt <= at)) return
    clearTimeout(this.#timer)
    this.#dueAt = at
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, at - Date.now())) as unknown as number
  }

  async #run(): Promise<void> {
    this.#dueAt = undefined
    if (this.#running) return
    this.#running = true
    try {
      do {
        this.#again = false
        while (this.#mayGo() && (await this.#round()));
      } while (this.#again && this.#mayGo())
    } catch (thrown) {
      // The disk, or a defect: either way later is better than never.
      this.#rest(toMillraceError(thrown))
    } finally {
      this.#running = false
      const next = this.#nextAt()
      if (next !== undefined) this.#schedule(next)
    }
  }

  #mayGo(): boolean {
    return this.#plan !== undefined && !this.#gone.signal.aborted && Date.now() >= this.#restsUntil
  }

  #nextAt(): number | undefined {
    if (this.#plan === undefined || this.#gone.signal.aborted) return undefined
    const { store, name } = this.#parts
    if (this.#restsUntil > Date.now()) return this.#restsUntil
    const { dueAt } = store.waitingCounts(name)
    const reads = !this.#reading && store.replays(name).length > 0 ? Math.max(Date.now() + 50, this.#readsAt) : undefined
    return dueAt === undefined ? reads : Math.min(dueAt, reads ?? Infinity)
  }

  /** A turn of each lane. False when none has anything to do. */
  async #round(): Promise<boolean> {
    let moved = false
    for (const lane of [this.#fromWaiting, this.#fromSpool, this.#fromReplay]) {
      if (this.#mayGo() && (await lane.call(this, this.#plan!))) moved = true
    }
    return moved
  }

  async #fromWaiting(plan: Plan): Promise<boolean> {
    const { store, name, onDead } = this.#parts
    const due = store.waiting(name, Date.now(), this.#pace.waiting.size)
    if (due.length === 0) return false
    const batch = due.slice(0, fitting(due, plan.delivery.limits.batchBytes))
    const outcomes = await this.#deliver(plan, batch)
    if (outcomes === undefined) return false
    const settlement = this.#settle(batch, outcomes)
    store.settleWaiting(name, batch, settlement, Date.now())
    if (settlement.dead.length > 0) onDead()
    const { failure } = settlement
    if (failure === undefined || outcomes.some(({ status }) => status !== 'undelivered')) this.#pace.waiting.succeeded()
    else this.#pace.waiting.failed(failure, batch.length)
    // What fails on its own waits on its own; only what is of the tool concerns the rest.
    if (failure === undefined) this.#thrive()
    else if (!mayBeOfAnEvent(failure)) this.#rest(failure)
    else this.#note(failure)
    return true
  }

  async #fromSpool(plan: Plan): Promise<boolean> {
    const { store, name, onDead } = this.#parts
    const { failed, bytes } = store.waitingCounts(name)
    if (failed >= mostFailed.events || (failed > 0 && bytes >= mostFailed.bytes)) return false
    const batch = this.#cut(plan)
    if (batch === undefined) return false
    if (batch.candidates.length === 0) {
      store.advance(name, batch, this.#settle([], [], batch.filtered), Date.now())
      await breathe()
      return true
    }
    store.begin(name, batch.end)
    const outcomes = await this.#deliver(plan, batch.candidates)
    if (outcomes === undefined) return false
    const settlement = this.#settled(this.#pace.spool, batch.candidates, outcomes, batch.filtered)
    if (settlement === undefined) return false
    store.advance(name, batch, settlement, Date.now())
    if (settlement.dead.length > 0) onDead()
    return true
  }

  async #fromReplay(plan: Plan): Promise<boolean> {
    const { store, name, onDead } = this.#parts
    const replay = store.replays(name)[0]
    if (replay === undefined) {
      this.#page = undefined
      return false
    }
    if (this.#page?.replay !== replay.id) {
      this.#read(replay)
      return false
    }
    const next = this.#page.events.slice(0, this.#pace.replay.size)
    const batch = this.#page.events.splice(0, fitting(next, plan.delivery.limits.batchBytes))
    const last = batch.at(-1)
    if (last === undefined) {
      this.#read(replay)
      return false
    }
    const wanted = batch.filter(({ event }) => plan.wants(event)).map(({ line, event }) => fresh(line, event))
    const filtered = batch.length - wanted.length
    let settlement: Settlement | undefined = this.#settle([], [], filtered)
    if (wanted.length > 0) {
      const outcomes = await this.#deliver(plan, wanted)
      if (outcomes !== undefined) settlement = this.#settled(this.#pace.replay, wanted, outcomes, filtered)
      if (outcomes === undefined || settlement === undefined) {
        if (this.#page?.replay === replay.id) this.#page.events.unshift(...batch)
        return false
      }
    } else await breathe()
    store.settleReplay(name, replay, last, settlement, Date.now())
    if (settlement.dead.length > 0) onDead()
    return true
  }

  /** Reads a replay's next events beside the other lanes, which do not wait for the warehouse. */
  #read(replay: Replay): void {
    const { chunks, store, name, warehouse, log } = this.#parts
    // What is not yet in the warehouse cannot be read from it. A chunk may be this much younger than its events.
    const oldest = chunks.oldestAt()
    if (oldest !== undefined && oldest < replay.to + gathering) this.#readsAt = Math.max(this.#readsAt, Date.now() + 500)
    if (this.#reading || Date.now() < this.#readsAt) return
    this.#reading = true
    const work = async () => {
      try {
        const events = await pastEvents(warehouse, replay)
        this.#readFailures = 0
        if (events.length === 0) store.endReplay(replay)
        else this.#page = { replay: replay.id, events }
      } catch (thrown) {
        const error = toMillraceError(thrown)
        this.#readFailures += 1
        this.#readsAt = Date.now() + 250 + backoffDelay(this.#policy, this.#readFailures, Math.random, error.retryAfter)
        this.#note(error)
        log('warn', 'The events of a replay could not be read; they will be.', {
          destination: name,
          code: error.code,
          error: error.message,
        })
      }
      this.#reading = false
      this.wake(0)
    }
    void work()
  }

  #cut(plan: Plan): Cut | undefined {
    const { store, chunks, name } = this.#parts
    const { position, flight } = store.cursors.get(name)!
    const until: Position | undefined = flight
    const limits = { events: this.#pace.spool.size, bytes: plan.delivery.limits.batchBytes, until }
    return cut(chunks.eventsFrom(position.chunk), (id) => this.#lines(id), position, plan.wants, limits)
  }

  #lines(id: number): string[] {
    if (this.#split?.id !== id) this.#split = { id, lines: this.#parts.chunks.linesOf(id) }
    return this.#split.lines
  }

  /** Undefined when the destination went meanwhile. */
  async #deliver(plan: Plan, candidates: readonly Candidate[]): Promise<EventOutcome[] | undefined> {
    const { signal } = this.#gone
    const { log, requests, turns } = this.#parts
    const events = candidates.map(({ event }) => event)
    return turns.take(async () => {
      if (signal.aborted) return undefined
      const outcomes = await call(plan, events, { log, requests, rate: this.#rate, signal })
      return signal.aborted ? undefined : outcomes
    })
  }

  /** What becomes of a batch of the spool or of a replay: undefined when it failed as a whole, and is to go again. */
  #settled(pace: Pace, candidates: readonly Candidate[], outcomes: readonly EventOutcome[], filtered: number): Settlement | undefined {
    const settlement = this.#settle(candidates, outcomes, filtered)
    const { failure } = settlement
    if (outcomes.some(({ status }) => status !== 'undelivered')) {
      pace.succeeded()
      this.#thrive()
      if (failure !== undefined) this.#rest(failure)
      return settlement
    }
    const aside = pace.failed(failure!, candidates.length)
    this.#rest(failure!)
    if (aside) return settlement
    this.#parts.store.countRetried(this.#parts.name, candidates.length)
    return undefined
  }

  #settle(candidates: readonly Candidate[], outcomes: readonly EventOutcome[], filtered = 0): Settlement {
    const { delivered, skipped, rejected } = this.#parts.store.cursors.get(this.#parts.name)!.counts
    const settlement = settle(candidates, outcomes, {
      now: Date.now(),
      random: Math.random,
      policy: this.#policy,
      taken: delivered + skipped + rejected,
      maxAge: this.#parts.limits.backlogAge,
    })
    settlement.counts.filtered = filtered
    return settlement
  }

  #thrive(): void {
    this.#failures = 0
    this.#paused = false
    this.#lastError = undefined
    this.#lastAt = Date.now()
  }

  #rest(error: MillraceError): void {
    this.#failures += 1
    this.#paused = error.fault === 'config'
    this.#note(error)
    const { name, log, limits } = this.#parts
    const delay = this.#paused ? limits.maxDelay : 250 + backoffDelay(this.#policy, this.#failures, Math.random, error.retryAfter)
    this.#restsUntil = Math.ceil(Date.now() + delay)
    log('warn', 'A delivery failed; it will be tried again.', {
      destination: name,
      code: error.code,
      error: error.message,
      failures: this.#failures,
    })
  }

  #note({ code, message }: MillraceError): void {
    this.#lastError = { code, message, at: Date.now() }
  }
}

/** Lets others have their turn. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
