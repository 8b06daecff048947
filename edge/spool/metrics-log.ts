import type { EdgeMetrics } from '#core/event/edge-metrics.ts'
import { metricLines } from '#core/event/metric-lines.ts'
import { log } from '../log.ts'
import type { SpoolStore } from './spool-store.ts'

interface Parts {
  store: SpoolStore
  metrics: () => Omit<EdgeMetrics, 'at'>
  /** Milliseconds; 0: nothing is noted. */
  interval: number
}

/**
 * Notes a spool's figures among its rows once an interval, so that they go to `events.metrics` with a flush there is
 * anyway. While nothing changes nothing is noted: a collector at rest lets the warehouse rest too.
 */
export class MetricsLog {
  readonly #parts: Parts
  #notedAt = 0
  #noted = ''
  #dueAt: number | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** When the next are due, while there is a change to be told. */
  get dueAt(): number | undefined {
    return this.#dueAt
  }

  /** Before a flush: notes what has changed, unless that was done within the interval. */
  note(now: number): void {
    const { store, metrics, interval } = this.#parts
    if (interval === 0 || now < this.#notedAt + interval) return
    this.#dueAt = undefined
    const told = metrics()
    const changing = fingerprint(told)
    if (changing === this.#noted) return
    const lines = metricLines({ at: now, ...told }, store.name).join('\n')
    this.#notedAt = now
    this.#noted = changing
    try {
      // They count as nobody's rows.
      store.append([{ target: 'metrics', lines, counts: {}, seen: [] }], now, {})
    } catch (thrown) {
      // A disk that is full must not hold up the flush that makes room.
      log('warn', 'Figures could not be noted.', { error: String(thrown) })
    }
  }

  /** After a flush: what has changed since is noted when the interval is over, even if no event comes. */
  follow(): void {
    const { metrics, interval } = this.#parts
    if (interval > 0 && this.#dueAt === undefined && fingerprint(metrics()) !== this.#noted) this.#dueAt = this.#notedAt + interval
  }
}

/** What a flush does not change by itself, or each one would be followed by another. */
function fingerprint({ sources, destinations, refused }: Omit<EdgeMetrics, 'at'>): string {
  return JSON.stringify({ sources, destinations, refused })
}
