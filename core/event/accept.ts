import type { MillraceError } from '../lib/error.ts'
import { checkEvent, type CheckOptions, offPlan, oversize } from './check.ts'
import { enrich, type EnrichedEvent, ownMessageId, type Reception } from './enrich.ts'
import { type DropReason, Enricher } from './enrich/enricher.ts'
import { keptPayload, lacksConsent } from './enrich/refused.ts'
import { contentId } from './message-id.ts'
import { PlanJudge } from './plan/judge.ts'
import type { EdgePlan } from './plan/plan.ts'
import { violationLine } from './plan/violation-line.ts'
import { rejectedLine } from './rejected.ts'
import { lineOf, RowBuilder } from './rows.ts'
import type { Event } from './schema.ts'
import { Seen, type SeenRow } from './seen.ts'
import { type TransformChain, transformEvents } from './transform.ts'
import type { Candidate } from './transform-event.ts'

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
  dropped: Partial<Record<DropReason | 'transform', number>>
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
  /** The tracking plan of the source. */
  plan?: EdgePlan | undefined
  /** The transforms of the source; without it, nothing is paid for them. */
  chain?: TransformChain | undefined
}

/** The chain of the collector: check, enrich, plan, transform, row. One serves all requests of an isolate; no event sinks another. */
export class Acceptor {
  readonly #rows = new RowBuilder()
  readonly #seen = new Seen()
  readonly #enricher = new Enricher()
  /** Plans made ready. Another version is another object. */
  readonly #judges = new WeakMap<EdgePlan, PlanJudge>()

  /**
   * At once, unless an id or a rejection has to be hashed, or the events be transformed: most requests need no turn of the
   * event loop for it. Rejects with `transform-unavailable`, when nothing of it may be kept.
   */
  accept(raws: readonly unknown[], reception: Reception, options: AcceptOptions): Acceptance | Promise<Acceptance> {
    const taken: Acceptance = { lines: [], rejected: [], violations: [], rejections: [], dropped: {}, seen: [] }
    const pending: Promise<void>[] = []
    const batch: Candidate[] | undefined = options.chain === undefined ? undefined : []
    const refuse = async (index: number, error: MillraceError): Promise<void> => {
      taken.rejections.push({ index, error })
      const payload = keptPayload(options.payloadOf === undefined ? raws[index] : options.payloadOf(index), reception.settings)
      taken.rejected.push(await rejectedLine(reception.source, payload, error, reception.receivedAt))
    }
    for (const [index, raw] of raws.entries()) {
      const result = checkEvent(raw, options)
      let refusal = result.ok ? oversize(raw, options) : result.error
      if (refusal !== undefined && lacksConsent(raw, reception.context, reception.settings)) {
        drop('no-consent', taken)
        continue
      }
      if (result.ok && refusal === undefined) {
        const event = result.value
        const own = ownMessageId(event)
        if (own === undefined) {
          const taking = contentId(reception.source, event).then((id) =>
            this.#take(event, id, reception, options.plan, taken, index, batch),
          )
          pending.push(taking.then((late) => (late === undefined ? undefined : refuse(index, late))))
        } else refusal = this.#take(event, own, reception, options.plan, taken, index, batch)
      }
      if (refusal !== undefined) pending.push(refuse(index, refusal))
    }
    if (batch !== undefined) return this.#transform(batch, options, taken, refuse, pending)
    return pending.length === 0 ? taken : Promise.all(pending).then(() => inOrder(taken))
  }

  /**
   * Adds the event to what is taken, or returns why its plan rejects it.
   * @param batch where it waits for its transforms, when its source has any
   */
  #take(
    event: Event,
    messageId: string,
    reception: Reception,
    plan: EdgePlan | undefined,
    taken: Acceptance,
    index: number,
    batch: Candidate[] | undefined,
  ): MillraceError | undefined {
    const enriched = enrich(event, messageId, reception, this.#enricher)
    if (typeof enriched === 'string') return drop(enriched, taken)
    const judgement = plan === undefined ? undefined : this.#judgeOf(plan).judge(enriched)
    if (judgement !== undefined)
      for (const violation of judgement.violations) taken.violations.push(violationLine(plan!, enriched, violation))
    if (judgement?.rejected !== undefined) return offPlan(judgement.rejected)
    const sound = judgement?.event ?? enriched
    if (batch === undefined) this.#keep(sound, taken)
    else batch.push({ index, event: sound })
    return undefined
  }

  async #transform(
    batch: Candidate[],
    options: AcceptOptions,
    taken: Acceptance,
    refuse: (index: number, error: MillraceError) => Promise<void>,
    pending: Promise<void>[],
  ): Promise<Acceptance> {
    await Promise.all(pending)
    if (options.chain === undefined || batch.length === 0) return inOrder(taken)
    // Ids that were hashed came later than their neighbours.
    const given = batch.toSorted((a, b) => a.index - b.index)
    const { events, rejections } = await transformEvents(given, options.chain, options)
    for (const { event } of events) this.#keep(event, taken)
    const left = new Set([...events, ...rejections].map(({ index }) => index)).size
    if (left < batch.length) taken.dropped.transform = batch.length - left
    await Promise.all(rejections.map(({ index, error }) => refuse(index, error)))
    return inOrder(taken)
  }

  #keep(event: EnrichedEvent, { lines, seen }: Acceptance): void {
    const row = this.#rows.build(event)
    this.#seen.note(row, seen)
    lines.push(lineOf(row))
  }

  #judgeOf(plan: EdgePlan): PlanJudge {
    const known = this.#judges.get(plan)
    if (known !== undefined) return known
    const judge = new PlanJudge(plan)
    this.#judges.set(plan, judge)
    return judge
  }
}

/** An event without an id of its own is judged later than its neighbours. */
function inOrder(taken: Acceptance): Acceptance {
  taken.rejections.sort((a, b) => a.index - b.index)
  return taken
}

function drop(reason: DropReason, { dropped }: Acceptance): undefined {
  dropped[reason] = (dropped[reason] ?? 0) + 1
}
