import type { MillraceError } from '../lib/error.ts'
import { checkEvent, type CheckOptions, tooLarge } from './check.ts'
import { enrich, ownMessageId, type Reception } from './enrich.ts'
import { type DropReason as EnrichDropReason, Enricher } from './enrich/enricher.ts'
import { keptPayload, lacksConsent } from './enrich/refused.ts'
import { contentId } from './message-id.ts'
import { rejectedLine } from './rejected.ts'
import { lineOf, RowBuilder } from './rows.ts'
import type { Event } from './schema.ts'
import { isOfUsers, type UserSet } from './user-ids.ts'
import { Seen, type SeenRow } from './seen.ts'

/** Why an event is counted and not stored, though nothing is wrong with it. */
export type DropReason = EnrichDropReason | 'suppressed'

export interface Acceptance {
  /** Lines for `events.all`. */
  lines: string[]
  /** Lines for `events.rejected`. */
  rejected: string[]
  /** Of the events given, which were refused, and why. */
  rejections: { index: number; error: MillraceError }[]
  /** How many of the events are not stored though nothing is wrong with them, by the reason. */
  dropped: Partial<Record<DropReason, number>>
  /** What of the events no event before had, for the views. Told once: whoever gets it must keep it. */
  seen: SeenRow[]
}

export interface AcceptOptions extends CheckOptions {
  /** Limit of one event, in bytes of its JSON. */
  maxBytes: number
  /** Bytes of all of them together, as far as known: under the limit none needs to be measured. */
  bodyBytes: number
  /** What goes to `events.rejected` in place of the event: what it was made from. */
  payloadOf?: (index: number) => unknown
  /** Users whose events are dropped, whatever they hold. */
  suppressed?: UserSet | undefined
}

/** The chain of the collector: check, enrich, row. One serves all requests of an isolate; no event sinks another. */
export class Acceptor {
  readonly #rows = new RowBuilder()
  readonly #seen = new Seen()
  readonly #enricher = new Enricher()

  /** At once, unless an id or a rejection has to be hashed: most requests need no turn of the event loop for it. */
  accept(raws: readonly unknown[], reception: Reception, options: AcceptOptions): Acceptance | Promise<Acceptance> {
    const taken: Acceptance = { lines: [], rejected: [], rejections: [], dropped: {}, seen: [] }
    const pending: Promise<void>[] = []
    const { suppressed } = options
    for (const [index, raw] of raws.entries()) {
      if (suppressed !== undefined && isOfUsers(raw, suppressed)) {
        drop('suppressed', taken)
        continue
      }
      const result = checkEvent(raw, options)
      const error = result.ok ? oversize(raw, options) : result.error
      if (error !== undefined && lacksConsent(raw, reception.context, reception.settings)) drop('no-consent', taken)
      else if (error !== undefined) {
        taken.rejections.push({ index, error })
        const payload = keptPayload(options.payloadOf === undefined ? raw : options.payloadOf(index), reception.settings)
        pending.push(rejectedLine(reception.source, payload, error, reception.receivedAt).then((line) => void taken.rejected.push(line)))
      } else if (result.ok) {
        const event = result.value
        const own = ownMessageId(event)
        if (own !== undefined) this.#take(event, own, reception, taken)
        else pending.push(contentId(reception.source, event).then((id) => this.#take(event, id, reception, taken)))
      }
    }
    return pending.length === 0 ? taken : Promise.all(pending).then(() => taken)
  }

  #take(event: Event, messageId: string, reception: Reception, taken: Acceptance): void {
    const enriched = enrich(event, messageId, reception, this.#enricher)
    if (typeof enriched === 'string') return drop(enriched, taken)
    const row = this.#rows.build(enriched)
    this.#seen.note(row, taken.seen)
    taken.lines.push(lineOf(row))
  }
}

function drop(reason: DropReason, { dropped }: Acceptance): void {
  dropped[reason] = (dropped[reason] ?? 0) + 1
}

function oversize(raw: unknown, { maxBytes, bodyBytes }: AcceptOptions): MillraceError | undefined {
  if (bodyBytes <= maxBytes) return undefined
  const json = JSON.stringify(raw)
  // No character takes more than three bytes of UTF-8 a UTF-16 unit.
  if (json.length * 3 <= maxBytes) return undefined
  const bytes = new TextEncoder().encode(json).length
  return bytes > maxBytes ? tooLarge(bytes, maxBytes) : undefined
}
