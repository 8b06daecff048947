import { DurableObject } from 'cloudflare:workers'
import type { EdgeMetrics } from '#core/event/edge-metrics.ts'
import { type ErrorData, toMillraceError } from '#core/lib/error.ts'
import { backoffDelay } from '#core/lib/retry.ts'
import { type Environment, type Settings, settingsSchema } from '../env.ts'
import { log } from '../log.ts'
import { createEdgeWarehouse } from '../warehouse.ts'
import { Flusher } from './flusher.ts'
import { type DropCounts, type Part, SpoolStore } from './spool-store.ts'

/** `full`: the limit set; `disk`: the disk would not take it. Either way nothing was kept. */
export type Appended = { ok: true } | { ok: false; reason: 'full' | 'disk'; message: string }

/**
 * Where accepted events are durable until the warehouse has them. One object: appends come gathered (`gather.ts`) and
 * each is one transaction; its alarm flushes.
 */
export class Spool extends DurableObject<Environment> {
  readonly #settings: Settings
  readonly #store: SpoolStore
  readonly #flusher: Flusher
  #alarmAt: number | undefined
  #flushing: Promise<void> | undefined
  #failures = 0
  #retries = 0
  #lastFlushAt: number | undefined
  #lastError: { code: string; message: string; at: number } | undefined

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env)
    const settings = settingsSchema.parse(env)
    this.#settings = settings
    this.#store = new SpoolStore(ctx.storage)
    const address = { url: settings.WAREHOUSE_URL, user: settings.WAREHOUSE_USER, password: settings.WAREHOUSE_PASSWORD }
    this.#flusher = new Flusher({
      store: this.#store,
      warehouse: createEdgeWarehouse(address, (url, init) => fetch(url, init)),
      now: () => Date.now(),
      log,
      limits: { rows: settings.FLUSH_MAX_ROWS, bytes: settings.FLUSH_MAX_BYTES },
    })
    // An alarm does not outlive a killed workerd: what was left in the spool starts it anew.
    if (this.#store.rows > 0) this.#wake(0)
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
    if (this.#alarmAt === undefined && parts.length > 0) this.#wake(this.#settings.FLUSH_INTERVAL_MS)
    return { ok: true }
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
        ...(this.#failures > 0 && this.#alarmAt !== undefined ? { nextAt: this.#alarmAt } : {}),
      },
    }
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    // Its failure is noted, and has set the next alarm: the runtime must not retry on its own.
    await this.#run().catch(() => undefined)
  }

  #run(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => (this.#flushing = undefined))
    return this.#flushing
  }

  async #flushAll(): Promise<void> {
    try {
      while (await this.#flusher.flush()) {
        this.#failures = 0
        this.#lastError = undefined
        this.#lastFlushAt = Date.now()
      }
    } catch (thrown) {
      const error = toMillraceError(thrown)
      this.#failures += 1
      this.#retries += 1
      this.#lastError = { code: error.code, message: error.message, at: Date.now() }
      log('warn', 'A flush failed; it will be tried again.', { code: error.code, error: error.message, failures: this.#failures })
      const policy = { attempts: Infinity, baseDelay: 500, maxDelay: this.#settings.RETRY_MAX_DELAY_MS }
      this.#wake(250 + backoffDelay(policy, this.#failures, Math.random, error.retryAfter))
      throw error
    }
  }

  #wake(delay: number): void {
    this.#alarmAt = Math.ceil(Date.now() + delay)
    void this.ctx.storage.setAlarm(this.#alarmAt)
  }
}
