import type { MillraceError } from '../lib/error.ts'
import { checkEvent, type CheckOptions, offPlan, oversize } from './check.ts'
import { enrich, type EnrichedEvent, ownMessageId, type Reception } from './enrich.ts'
import { type DropReason as EnrichDropReason, Enricher } from './enrich/enricher.ts'
import { keptPayload, lacksConsent } from './enrich/refused.ts'
import { contentId } from './message-id.ts'
import { PlanJudge } from './plan/judge.ts'
import type { EdgePlan } from './plan/plan.ts'
import { violationLine } from './plan/violation-line.ts'
import { rejectedLine } from './rejected.ts'
import { lineOf, RowBuilder } from './rows.ts'
import type { Event } from './schema.ts'
import { isOfUsers, type UserSet } from './user-ids.ts'
import { Seen, type SeenRow } from './seen.ts'
import { type TransformChain, transformEvents } from './transform.ts'
import type { Candidate } from './transform-event.ts'

/** Why an event is counted and not stored, though nothing is wrong with it. */
export type DropReason = EnrichDropReason | 'transform' | 'suppressed'

export interface Acceptance {
  /** Lines for `events.all`. */
  lines: string[]
  /** Lines for `events.rejected`. */
  rejected: string[]
  /** Lines for `events.violations`. */
  violations: string[]
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
  /** The tracking plan of the source. */
  plan?: EdgePlan | undefined
  /** The transforms of the source; without it, nothing is paid for them. */
  chain?: TransformChain | undefined
}

/** What is remembered between requests. */
class Memory {
  readonly rows = new RowBuilder()
  readonly seen = new Seen()
  readonly enricher = new Enricher()
  /** Plans made ready. Another version is another object. */
  readonly #judges = new WeakMap<EdgePlan, PlanJudge>()

  judgeOf(plan: EdgePlan): PlanJudge {
    const known = this.#judges.get(plan)
    if (known !== undefined) return known
    const judge = new PlanJudge(plan)
    this.#judges.set(plan, judge)
    return judge
  }
}

/** The chain of the collector: check, enrich, plan, transform, row. One serves all requests of an isolate; no event sinks another. */
export class Acceptor {
  readonly #memory = new Memory()

  /**
   * At once, unless an id or a rejection has to be hashed, or the events be transformed: most requests need no turn of the
   * event loop for it. Rejects with `transform-unavailable`, when nothing of it may be kept.
   */
  accept(raws: readonly unknown[], reception: Reception, options: AcceptOptions): Acceptance | Promise<Acceptance> {
    return new Intake(this.#memory, raws, reception, options).accept()
  }
}

/** The events of one request on their way through the chain. */
class Intake {
  readonly #memory: Memory
  readonly #raws: readonly unknown[]
  readonly #reception: Reception
  readonly #options: AcceptOptions
  readonly #taken: Acceptance = { lines: [], rejected: [], violations: [], rejections: [], dropped: {}, seen: [] }
  /** Events that wait for their transforms, when the source has any. */
  readonly #batch: Candidate[] = []

  constructor(memory: Memory, raws: readonly unknown[], reception: Reception, options: AcceptOptions) {
    this.#memory = memory
    this.#raws = raws
    this.#reception = reception
    this.#options = options
  }

  accept(): Acceptance | Promise<Acceptance> {
    const pending: Promise<void>[] = []
    for (let index = 0; index < this.#raws.length; index++) {
      const later = this.#check(index)
      if (later !== undefined) pending.push(later)
    }
    const { chain } = this.#options
    if (chain !== undefined) return Promise.all(pending).then(() => this.#transform(chain))
    return pending.length === 0 ? this.#taken : Promise.all(pending).then(() => inOrder(this.#taken))
  }

  /** Takes or refuses an event. What it returns has still to happen. */
  #check(index: number): Promise<void> | undefined {
    const raw = this.#raws[index]
    const { suppressed } = this.#options
    if (suppressed !== undefined && isOfUsers(raw, suppressed)) return this.#drop('suppressed')
    const result = checkEvent(raw, this.#options)
    if (!result.ok) return this.#turnAway(index, result.error)
    const large = oversize(raw, this.#options)
    if (large !== undefined) return this.#turnAway(index, large)
    const event = result.value
    const own = ownMessageId(event)
    if (own === undefined) return contentId(this.#reception.source, event).then((id) => this.#take(index, event, id))
    return this.#take(index, event, own)
  }

  #take(index: number, event: Event, messageId: string): Promise<void> | undefined {
    const { plan, chain } = this.#options
    const enriched = enrich(event, messageId, this.#reception, this.#memory.enricher)
    if (typeof enriched === 'string') return this.#drop(enriched)
    const judgement = plan === undefined ? undefined : this.#memory.judgeOf(plan).judge(enriched)
    for (const violation of judgement?.violations ?? []) this.#taken.violations.push(violationLine(plan!, enriched, violation))
    if (judgement?.rejected !== undefined) return this.#refuse(index, offPlan(judgement.rejected))
    const sound = judgement?.event ?? enriched
    if (chain === undefined) this.#keep(sound)
    else this.#batch.push({ index, event: sound })
    return undefined
  }

  async #transform(chain: TransformChain): Promise<Acceptance> {
    if (this.#batch.length > 0) {
      // Ids that were hashed came later than their neighbours.
      const given = this.#batch.toSorted((a, b) => a.index - b.index)
      const { events, rejections } = await transformEvents(given, chain, this.#options)
      const { suppressed } = this.#options
      for (const { event } of events) {
        // A transform may have found out whose event it is.
        if (suppressed !== undefined && isOfUsers(event.event, suppressed)) this.#drop('suppressed')
        else this.#keep(event)
      }
      const left = new Set([...events, ...rejections].map(({ index }) => index)).size
      if (left < given.length) this.#taken.dropped.transform = given.length - left
      await Promise.all(rejections.map(({ index, error }) => this.#refuse(index, error)))
    }
    return inOrder(this.#taken)
  }

  #keep(event: EnrichedEvent): void {
    const row = this.#memory.rows.build(event)
    this.#memory.seen.note(row, this.#taken.seen)
    this.#taken.lines.push(lineOf(row))
  }

  /** Refuses an event that was not understood; of one without the consent its source needs, nothing is kept but a count. */
  #turnAway(index: number, error: MillraceError): Promise<void> | undefined {
    const { context, settings } = this.#reception
    return lacksConsent(this.#raws[index], context, settings) ? this.#drop('no-consent') : this.#refuse(index, error)
  }

  async #refuse(index: number, error: MillraceError): Promise<void> {
    const { source, settings, receivedAt } = this.#reception
    this.#taken.rejections.push({ index, error })
    const { payloadOf } = this.#options
    const payload = keptPayload(payloadOf === undefined ? this.#raws[index] : payloadOf(index), settings)
    this.#taken.rejected.push(await rejectedLine(source, payload, error, receivedAt))
  }

  #drop(reason: DropReason): undefined {
    const { dropped } = this.#taken
    dropped[reason] = (dropped[reason] ?? 0) + 1
  }
}

/** An event without an id of its own is judged later than its neighbours. */
function inOrder(taken: Acceptance): Acceptance {
  taken.rejections.sort((a, b) => a.index - b.index)
  return taken
}
