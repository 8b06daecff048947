import { DurableObject } from 'cloudflare:workers'
import type { EdgeMetrics, Refused } from '#core/event/edge-metrics.ts'
import type { UserIds } from '#core/event/user-ids.ts'
import { type ErrorData, toMillraceError } from '#core/lib/error.ts'
import { backoffDelay } from '#core/lib/retry.ts'
import { Alarm } from '../alarm.ts'
import type { DeadLetter, Which } from '../deliver/dead-letters.ts'
import { Deliveries } from '../deliver/deliveries.ts'
import { type Environment, type Settings, settingsSchema } from '../env.ts'
import { log } from '../log.ts'
import { type Publication, type Published, publishedOf } from '../publication.ts'
import { tailRequest } from '../tail/request.ts'
import { Tail } from '../tail/tail.ts'
import { createEdgeWarehouse } from '../warehouse.ts'
import { Flusher } from './flusher.ts'
import { MetricsLog } from './metrics-log.ts'
import type { Appended, DropCounts, Part } from './part.ts'
import { RefusedCounts } from './refused-counts.ts'
import { SpoolStore } from './spool-store.ts'

interface SpoolEnvironment extends Environment {
  PUBLICATION: DurableObjectNamespace<Publication>
}

/** How often what is published is asked for, beside being told, in milliseconds. */
const askedEvery = 60_000
/** How long a start waits for the answer. */
const patience = 5_000

/**
 * Where accepted events are durable until the warehouse and the destinations have them. Appends come gathered
 * (`gather.ts`) and each is one transaction. The alarm flushes. Couriers (`deliver/`) have timers of their own, so that
 * no flush holds them up; while they have something to do the alarm keeps the object awake, or wakes it: Cloudflare
 * evicts one that gets no call for a minute or two, timers and all (its docs: "Lifecycle of a Durable Object").
 */
export class Spool extends DurableObject<SpoolEnvironment> {
  readonly #settings: Settings
  readonly #store: SpoolStore
  readonly #flusher: Flusher
  readonly #deliveries: Deliveries
  readonly #refused: RefusedCounts
  readonly #metricsLog: MetricsLog
  readonly #tail: Tail
  readonly #alarm: Alarm
  /** When the next flush is due. */
  #flushAt: number | undefined
  #flushing: Promise<void> | undefined
  #failures = 0
  #retries = 0
  #lastFlushAt: number | undefined
  #lastError: { code: string; message: string; at: number } | undefined
  #version: number | undefined
  #askedAt = 0

  constructor(ctx: DurableObjectState, env: SpoolEnvironment) {
    super(ctx, env)
    const settings = settingsSchema.parse(env)
    this.#settings = settings
    this.#alarm = new Alarm(ctx.storage)
    this.#store = new SpoolStore(ctx.storage)
    const address = { url: settings.WAREHOUSE_URL, user: settings.WAREHOUSE_USER, password: settings.WAREHOUSE_PASSWORD }
    const warehouse = createEdgeWarehouse(address, (url, init) => fetch(url, init))
    this.#flusher = new Flusher({
      store: this.#store,
      warehouse,
      now: () => Date.now(),
      log,
      limits: { rows: settings.FLUSH_MAX_ROWS, bytes: settings.FLUSH_MAX_BYTES },
    })
    this.#deliveries = new Deliveries({
      storage: ctx.storage,
      chunks: this.#store,
      warehouse,
      log,
      limits: {
        linger: settings.DELIVER_INTERVAL_MS,
        connections: settings.DELIVER_CONNECTIONS,
        attempts: settings.DELIVER_ATTEMPTS,
        maxDelay: settings.DELIVER_MAX_DELAY_MS,
        // Never all of it: a dead destination must not be what fills the spool.
        backlogBytes: Math.min(settings.DELIVER_BACKLOG_BYTES ?? settings.SPOOL_MAX_BYTES / 2, settings.SPOOL_MAX_BYTES * 0.9),
        backlogAge: settings.DELIVER_BACKLOG_AGE_MS,
        deadLetters: settings.DELIVER_DEAD_LETTERS,
      },
      onDead: () => this.#wake(settings.FLUSH_INTERVAL_MS),
    })
    this.#refused = new RefusedCounts(ctx.storage)
    this.#tail = new Tail(ctx)
    this.#metricsLog = new MetricsLog({ store: this.#store, metrics: () => this.metrics(), interval: settings.METRICS_INTERVAL_MS })
    // An alarm does not outlive a killed workerd: what was left in the spool starts it anew.
    if (this.#store.rows > 0) this.#wake(0)
    // Before the first append: a destination must have its cursor before events come that are for it.
    void ctx.blockConcurrencyWhile(() => Promise.race([this.#ask(), new Promise((resolve) => setTimeout(resolve, patience))]))
  }

  /** Keeps rows, and counts of events that are not kept, by source. They are durable once the answer arrives. */
  append(parts: Part[], receivedAt: number, dropped: Record<string, DropCounts>): Appended {
    const bytes = parts.reduce((sum, part) => sum + part.lines.length, 0)
    if (this.#store.bytes + bytes > this.#settings.SPOOL_MAX_BYTES) {
      return {
        ok: false,
        reason: 'full',
        message: `The spool holds ${this.#store.bytes} bytes; the limit is ${this.#settings.SPOOL_MAX_BYTES}.`,
      }
    }
    try {
      this.#store.append(parts, receivedAt, dropped)
    } catch (thrown) {
      log('error', 'The spool could not be written.', { error: String(thrown) })
      return { ok: false, reason: 'disk', message: String(thrown) }
    }
    if (parts.length === 0) return { ok: true }
    if (this.#flushAt === undefined) this.#wake(this.#settings.FLUSH_INTERVAL_MS)
    this.#deliveries.appended()
    if (this.#tail.watched) this.#tail.offer(parts)
    return { ok: true }
  }

  /** Counts requests that an isolate has refused. */
  refused(counts: Refused[]): void {
    this.#refused.add(counts)
  }

  /** Removes users' events from what destinations are still to get, and from dead letters. What is for the warehouse is not touched: flush it before. */
  erase(users: UserIds): Promise<number> {
    return this.#deliveries.erase(users)
  }

  /** Takes on what was published, unless it has newer. */
  configure({ version, config }: Published): void {
    if (this.#version !== undefined && version < this.#version) return
    this.#version = version
    this.#deliveries.configure(config.destinations)
    this.#arm()
  }

  deadLetters(destination: string, limit: number): DeadLetter[] {
    return this.#deliveries.deadLetters(destination, limit)
  }

  /** How many events they were. */
  dropDead(destination: string, which: Which): number {
    return this.#deliveries.drop(destination, which)
  }

  /** How many events are delivered again; undefined when nothing is delivered to that destination. */
  revive(destination: string, which: Which): number | undefined {
    const events = this.#deliveries.revive(destination, which)
    this.#arm()
    return events
  }

  /** Delivers the events of a time again. False when nothing is delivered to that destination. */
  replay(destination: string, time: { from: number; to: number }): boolean {
    const taken = this.#deliveries.replay(destination, time)
    this.#arm()
    return taken
  }

  /** How many there were. */
  cancelReplays(destination: string): number {
    return this.#deliveries.cancelReplays(destination)
  }

  /** Flushes until the spool is empty, or fails. */
  async flushNow(): Promise<{ ok: true } | { ok: false; error: ErrorData }> {
    try {
      // A flush under way may have begun before the last append.
      await this.#flushing?.catch(() => undefined)
      await this.#run()
      return { ok: true }
    } catch (thrown) {
      return { ok: false, error: toMillraceError(thrown).toJSON() }
    }
  }

  metrics(): Omit<EdgeMetrics, 'at'> {
    const store = this.#store
    const oldestAt = store.oldestAt()
    return {
      spool: {
        events: store.rows,
        bytes: store.bytes,
        maxBytes: this.#settings.SPOOL_MAX_BYTES,
        ...(oldestAt === undefined ? {} : { oldestAt }),
      },
      sources: Object.fromEntries(store.sources),
      flush: {
        batches: store.batches,
        rows: store.flushedRows,
        retries: this.#retries,
        ...(this.#lastFlushAt === undefined ? {} : { lastAt: this.#lastFlushAt }),
        ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
        ...(this.#failures > 0 && this.#flushAt !== undefined ? { nextAt: this.#flushAt } : {}),
      },
      destinations: this.#deliveries.metrics(),
      refused: this.#refused.all(),
    }
  }

  /** Takes on a viewer of what comes in (`routes/tail.ts`). */
  override fetch(request: Request): Response {
    const { shard, filter } = tailRequest(new URL(request.url))
    return this.#tail.open(shard, filter)
  }

  override webSocketMessage(socket: WebSocket, text: string | ArrayBuffer): void {
    this.#tail.heard(socket, text)
  }

  override webSocketClose(socket: WebSocket): void {
    this.#tail.closed(socket)
  }

  override webSocketError(socket: WebSocket): void {
    this.#tail.closed(socket)
  }

  override async alarm(): Promise<void> {
    this.#alarm.goesOff()
    if (Date.now() - this.#askedAt > askedEvery) void this.#ask()
    this.#deliveries.tend()
    // Its failure is noted, and has set the time of the next: the runtime must not retry on its own.
    const due = Math.min(this.#flushAt ?? Infinity, this.#metricsLog.dueAt ?? Infinity)
    if (due <= Date.now()) await this.#run().catch(() => undefined)
    this.#arm()
  }

  /** Asks what is published. Where that cannot be had, all stays as it is. */
  async #ask(): Promise<void> {
    this.#askedAt = Date.now()
    try {
      const { PUBLICATION } = this.env
      const stored = await PUBLICATION.get(PUBLICATION.idFromName('publication')).read(this.#version)
      if (stored !== undefined) this.configure(publishedOf(stored))
    } catch (thrown) {
      log('error', 'What is published could not be read.', { error: String(thrown) })
    }
  }

  #run(): Promise<void> {
    this.#flushAt = undefined
    this.#flushing ??= this.#flushAll().finally(() => (this.#flushing = undefined))
    return this.#flushing
  }

  async #flushAll(): Promise<void> {
    try {
      this.#metricsLog.note(Date.now())
      while (await this.#flusher.flush()) {
        this.#failures = 0
        this.#lastError = undefined
        this.#lastFlushAt = Date.now()
      }
      this.#metricsLog.follow()
      this.#arm()
    } catch (thrown) {
      const error = toMillraceError(thrown)
      this.#failures += 1
      this.#retries += 1
      this.#lastError = { code: error.code, message: error.message, at: Date.now() }
      log('warn', 'A flush failed; it will be tried again.', { code: error.code, error: error.message, failures: this.#failures })
      const policy = { attempts: Infinity, baseDelay: 500, maxDelay: this.#settings.RETRY_MAX_DELAY_MS }
      // However soon an append since has wanted it.
      this.#flushAt = Math.ceil(Date.now() + 250 + backoffDelay(policy, this.#failures, Math.random, error.retryAfter))
      this.#arm()
      throw error
    }
  }

  /** Has the spool flushed in `delay` milliseconds, or sooner if it was to be anyway. */
  #wake(delay: number): void {
    this.#flushAt = Math.min(this.#flushAt ?? Infinity, Math.ceil(Date.now() + delay))
    this.#arm()
  }

  /** Has the alarm go off when something is due first. */
  #arm(): void {
    // Timers come before the alarm, which is for when they are gone.
    const timersAt = Math.min(this.#metricsLog.dueAt ?? Infinity, this.#deliveries.dueAt() ?? Infinity)
    this.#alarm.setBy(Math.min(this.#flushAt ?? Infinity, Math.max(timersAt, Date.now()) + 1000))
  }
}
