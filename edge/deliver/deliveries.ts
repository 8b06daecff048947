import type { EdgeDestination } from '#core/event/edge-config.ts'
import type { DestinationMetrics } from '#core/event/edge-metrics.ts'
import type { UserIds } from '#core/event/user-ids.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { Log } from '#core/lib/runtime.ts'
import type { SpoolStore } from '../spool/spool-store.ts'
import type { EdgeWarehouse } from '../warehouse.ts'
import { Courier, type DeliveryLimits } from './courier.ts'
import { type DeadLetter, DeadLetters, type Which } from './dead-letters.ts'
import { DeliveryStore } from './delivery-store.ts'
import { lineFinder } from './lines-of-users.ts'
import { planOf } from './plan.ts'
import { noCounts } from './settlement.ts'
import { Turns } from './turns.ts'

interface Parts {
  storage: DurableObjectStorage
  chunks: SpoolStore
  warehouse: EdgeWarehouse
  log: Log
  limits: DeliveryLimits & {
    /** How long an event waits for others to be delivered with, in milliseconds. */
    linger: number
    /** Deliveries under way at a time. */
    connections: number
    /** Dead letters of a destination that keep their events. */
    deadLetters: number
  }
  /** Called when the spool has something for the warehouse that no request brought. */
  onDead: () => void
}

/** The destinations of a spool: a courier each, which knows nothing of the others. */
export class Deliveries {
  readonly #parts: Parts
  readonly #letters: DeadLetters
  readonly #store: DeliveryStore
  readonly #couriers = new Map<string, Courier>()
  readonly #turns: Turns
  #published: readonly EdgeDestination[] = []

  constructor(parts: Parts) {
    this.#parts = parts
    this.#turns = new Turns(parts.limits.connections)
    this.#letters = new DeadLetters(parts.storage, parts.chunks, parts.limits.deadLetters)
    this.#store = new DeliveryStore(parts.storage, parts.chunks, this.#letters)
  }

  /** Takes on what was published: new destinations begin now, those that are gone or disabled give up their cursors. */
  configure(destinations: readonly EdgeDestination[]): void {
    this.#published = destinations
    const enabled = destinations.filter(({ events }) => events.enabled)
    const names = new Set(enabled.map(({ name }) => name))
    for (const name of Array.from(this.#store.cursors.keys())) {
      if (names.has(name)) continue
      this.#couriers.get(name)?.stop()
      this.#couriers.delete(name)
      this.#store.close(name)
    }
    for (const destination of enabled) {
      const { name } = destination
      this.#store.open(name)
      let courier = this.#couriers.get(name)
      if (courier === undefined) {
        const { chunks, warehouse, log, limits, onDead } = this.#parts
        const requests = Math.max(1, Math.floor(limits.connections / 4))
        courier = new Courier({ name, store: this.#store, chunks, warehouse, log, limits, turns: this.#turns, requests, onDead })
        this.#couriers.set(name, courier)
      }
      courier.follow(planOf(destination))
    }
  }

  /** There are new events. Costs next to nothing. */
  appended(): void {
    for (const [name, courier] of this.#couriers) {
      courier.wake(this.#parts.limits.linger)
      if (this.#store.behind(name).bytes > this.#parts.limits.backlogBytes) this.#trim(name, -Infinity)
    }
  }

  /** Looks after what time alone brings about. */
  tend(): void {
    const before = Date.now() - this.#parts.limits.backlogAge
    for (const [name, courier] of this.#couriers) {
      const oldest = this.#store.oldestAt(name)
      if (oldest !== undefined && oldest < before) this.#trim(name, before)
      const { dueAt } = courier
      if (dueAt !== undefined && dueAt <= Date.now()) courier.wake(0)
    }
  }

  /** When the object is to be awake for one of them, if at all. */
  dueAt(): number | undefined {
    const times = [...this.#couriers.values()].flatMap(({ dueAt }) => (dueAt === undefined ? [] : [dueAt]))
    return times.length === 0 ? undefined : Math.min(...times)
  }

  metrics(): Record<string, DestinationMetrics> {
    const dead = this.#letters.counts()
    const names = new Set([...this.#published.map(({ name }) => name), ...dead.keys()])
    return Object.fromEntries([...names].map((name) => [name, this.#metricsOf(name, dead.get(name) ?? 0)]))
  }

  deadLetters(name: string, limit: number): DeadLetter[] {
    return this.#letters.list(name, limit)
  }

  drop(name: string, which: Which): number {
    return this.#letters.drop(name, which)
  }

  /** Delivers dead letters again. Returns how many events; undefined when nothing is delivered to that destination. */
  revive(name: string, which: Which): number | undefined {
    const courier = this.#couriers.get(name)
    if (courier === undefined) return undefined
    const events = this.#store.revive(name, which, Date.now())
    courier.wake(0)
    return events
  }

  /** Delivers the events of a time again. False when nothing is delivered to that destination. */
  replay(name: string, time: { from: number; to: number }): boolean {
    const courier = this.#couriers.get(name)
    if (courier === undefined) return false
    this.#store.addReplay(name, time)
    courier.wake(0)
    return true
  }

  /** Removes users' events from what is still to be delivered, and from dead letters. Returns how many. */
  async erase(users: UserIds): Promise<number> {
    const { chunks } = this.#parts
    const blanked = await chunks.blank(lineFinder(users))
    const removed = this.#store.erase(users)
    for (const courier of this.#couriers.values()) courier.forget()
    return blanked + removed
  }

  cancelReplays(name: string): number {
    return this.#store.cancelReplays(name)
  }

  /** Gives up the oldest of a destination's backlog, somewhat more than need be, so that this is not done for each event. */
  #trim(name: string, before: number): void {
    const { log, limits, onDead } = this.#parts
    const full = before === -Infinity
    const message = full
      ? `The destination is more than ${limits.backlogBytes} bytes behind: the oldest were given up.`
      : `The destination is more than ${limits.backlogAge} milliseconds behind: the oldest were given up.`
    const error = new MillraceError({ code: full ? 'backlog-full' : 'backlog-old', fault: 'transient', message })
    try {
      const lost = this.#store.skip(name, { bytes: full ? limits.backlogBytes * 0.9 : Infinity, before }, error, Date.now())
      if (lost === undefined) return
      log('error', message, { destination: name, ...lost })
      onDead()
    } catch (thrown) {
      // The disk would not take it: it stays as it is, until the next time.
      log('error', 'A backlog could not be trimmed.', { destination: name, error: String(thrown) })
    }
  }

  #metricsOf(name: string, dead: number): DestinationMetrics {
    const { backlogBytes: maxBytes } = this.#parts.limits
    const courier = this.#couriers.get(name)
    if (courier === undefined) {
      const state = this.#published.some((destination) => destination.name === name) ? 'disabled' : 'removed'
      return { state, backlog: { events: 0, bytes: 0, maxBytes }, ...noCounts, dead, replays: 0 }
    }
    const { rows, bytes } = this.#store.behind(name)
    const oldestAt = this.#store.oldestAt(name)
    return {
      backlog: {
        events: rows + this.#store.waitingCounts(name).events,
        bytes,
        maxBytes,
        ...(oldestAt === undefined ? {} : { oldestAt }),
      },
      ...this.#store.cursors.get(name)!.counts,
      dead,
      replays: this.#store.replays(name).length,
      ...courier.state,
    }
  }
}
