import type { RejectReason } from '#core/event/check.ts'
import { recordSeen, migrateEvents, readSeen, refreshViews } from '#core/event/refresh-views.ts'
import { refusedLine } from '#core/event/rejected.ts'
import { Seen, type SeenRow } from '#core/event/seen.ts'
import { allTable, insertSettings, metricsTable, rejectedTable, undeliveredTable, violationsTable } from '#core/event/tables.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { Log } from '#core/lib/runtime.ts'
import type { EdgeWarehouse } from '../warehouse.ts'
import { failureKind } from './failure.ts'
import type { Table } from './part.ts'
import type { Chunk, SpoolStore } from './spool-store.ts'

interface Parts {
  store: SpoolStore
  warehouse: EdgeWarehouse
  now: () => number
  log: Log
  limits: { rows: number; bytes: number }
}

/** Tries of one batch after which a failure that names no cause of its own is taken for a row's. */
const triesBeforeBisection = 5

/**
 * Carries the spool to the warehouse, a batch at a time:
 *
 *   take ─▶ prepare (once) ─▶ views of what is new ─▶ insert ─▶ forget
 *                                                       │ refused
 *                                                       ▼
 *                               halve, and halve again, until the row that is refused stands alone ─▶ events.rejected
 *
 * A batch has the same rows and the same deduplication token at every try, crashes included, so a try whose
 * acknowledgement was lost is repeated without effect. Whatever fails is thrown, with the batch still in the spool.
 */
export class Flusher {
  readonly #parts: Parts
  #prepared = false
  /** What the warehouse knows, or is told next. */
  #seen = new Seen()
  #withoutView: SeenRow[] = []
  /** Whether all views are still to be looked at: who was here before may have been ended between rows and view. */
  #viewsUnknown = true
  #tries = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** One batch. False when the spool is empty and every view is there. */
  async flush(): Promise<boolean> {
    const { store, limits } = this.#parts
    const range = store.take(limits.rows, limits.bytes)
    const viewsMissing = this.#withoutView.length > 0 || (this.#prepared && this.#viewsUnknown)
    if (range === undefined && !viewsMissing) return false
    await this.#prepare()
    if (range === undefined) {
      await this.#refresh()
      return true
    }
    const chunks = store.read(range)
    const batch: Record<Table, string> = {
      all: linesOf(chunks, 'all'),
      rejected: linesOf(chunks, 'rejected'),
      violations: linesOf(chunks, 'violations'),
      undelivered: linesOf(chunks, 'undelivered'),
      metrics: linesOf(chunks, 'metrics'),
    }
    // Before the rows, so that no row is ever without its column. But rows do not wait for a view that cannot be made.
    for (const chunk of chunks) this.#seen.take(chunk.seen, this.#withoutView)
    const viewError = await this.#refresh().then(
      () => undefined,
      (thrown: unknown) => toMillraceError(thrown),
    )
    const token = `${store.name}:${range.first}-${range.last}`
    try {
      await this.#insert('all', batch.all, `${token}:all`)
      await this.#insert('rejected', batch.rejected, `${token}:rejected`)
      await this.#insert('violations', batch.violations, `${token}:violations`)
      await this.#insert('undelivered', batch.undelivered, `${token}:undelivered`)
      await this.#insert('metrics', batch.metrics, `${token}:metrics`)
    } catch (thrown) {
      const error = toMillraceError(thrown)
      this.#tries += 1
      // Tables that went missing are made anew before the next try.
      if (failureKind(error) === 'schema') this.#prepared = false
      throw error
    }
    this.#tries = 0
    store.forget(range)
    if (viewError !== undefined) {
      if (failureKind(viewError) === 'schema') this.#prepared = false
      throw viewError
    }
    return true
  }

  /** Makes the tables and views, once; and again when they have gone. */
  async #prepare(): Promise<void> {
    if (this.#prepared) return
    const { warehouse } = this.#parts
    await migrateEvents(warehouse)
    // A warehouse made anew is told what the one before knew.
    const known = new Seen()
    known.add(await readSeen(warehouse))
    const untold: SeenRow[] = []
    known.take(this.#seen.rows(), untold)
    this.#seen = known
    this.#withoutView = untold
    this.#viewsUnknown = true
    this.#prepared = true
  }

  async #refresh(): Promise<void> {
    if (this.#withoutView.length === 0 && !this.#viewsUnknown) return
    const { warehouse, now } = this.#parts
    await recordSeen(warehouse, this.#withoutView, now())
    await refreshViews(warehouse, this.#viewsUnknown ? {} : { only: this.#withoutView })
    this.#withoutView = []
    this.#viewsUnknown = false
  }

  async #insert(target: Table, lines: string, token: string): Promise<void> {
    if (lines === '') return
    const { warehouse, now, log } = this.#parts
    const table = tables[target].name
    try {
      await warehouse.insertLines(table, lines, { settings: insertSettings, deduplicationToken: token })
    } catch (thrown) {
      const error = toMillraceError(thrown)
      if (!this.#isOfARow(error)) throw error
      const rows = lines.split('\n').filter((line) => line !== '')
      if (rows.length > 1) {
        const half = rows.length >> 1
        await this.#insert(target, rows.slice(0, half).join('\n'), `${token}.0`)
        await this.#insert(target, rows.slice(half).join('\n'), `${token}.1`)
        return
      }
      log('error', 'The warehouse refused a row.', { target, error: error.message })
      // A rejection that cannot be stored even as the text it is would be a defect of ours: it must not stop the rest.
      if (target === 'all') await this.#insert('rejected', await refusedLine(lines, refused(error), now()), `${token}.refused`)
    }
  }

  #isOfARow(error: MillraceError): boolean {
    const kind = failureKind(error)
    return kind === 'row' || (kind === 'unknown' && this.#tries >= triesBeforeBisection)
  }
}

const tables = { all: allTable, rejected: rejectedTable, violations: violationsTable, undelivered: undeliveredTable, metrics: metricsTable }

function linesOf(chunks: readonly Chunk[], target: Table): string {
  return chunks
    .filter((chunk) => chunk.target === target)
    .map((chunk) => chunk.lines)
    .join('\n')
}

function refused({ message }: MillraceError): MillraceError {
  return new MillraceError({ code: 'warehouse-refused' satisfies RejectReason, fault: 'system', message })
}
