import type { TailEvent, TailFilter, TailMessage } from '#core/event/tail.ts'
import { isShown } from '#core/event/tail-event.ts'

/** Limits of one message; there are at most five a second. */
const most = { events: 40, characters: 128 * 1024 }
/** Messages that a viewer may owe an answer to, before it is shown no more. */
const mostOwed = 4

/** One viewer: what it wants to see, what it is about to get, and what it owes an answer to. */
export class Watcher {
  readonly shard: number
  readonly #filter: TailFilter
  #events: string[] = []
  #characters = 0
  #skipped = 0
  #sent = 0
  #answered = 0

  constructor(shard: number, filter: TailFilter) {
    this.shard = shard
    this.#filter = filter
  }

  /** Whether it may want events of one of these sources. */
  wantsAny(sources: Record<string, number>): boolean {
    return this.#filter.source === undefined || Object.hasOwn(sources, this.#filter.source)
  }

  /** @param json the event's */
  offer(event: TailEvent, json: string): void {
    if (!isShown(this.#filter, event)) return
    const room = !this.#owes && this.#events.length < most.events && this.#characters < most.characters
    if (!room) return this.skip(1)
    this.#events.push(json)
    this.#characters += json.length
  }

  /** Counts events that nobody has looked at. */
  skip(events: number): void {
    this.#skipped += events
  }

  /** The viewer has got a message. */
  answered(seq: number): void {
    this.#answered = Math.min(Math.max(this.#answered, seq), this.#sent)
  }

  /** What is to be sent now, if anything may be. */
  message(): string | undefined {
    if ((this.#events.length === 0 && this.#skipped === 0) || this.#owes) return undefined
    const head: Omit<TailMessage, 'events'> = { shard: this.shard, seq: ++this.#sent, skipped: this.#skipped }
    const text = `${JSON.stringify(head).slice(0, -1)},"events":[${this.#events.join(',')}]}`
    this.#events = []
    this.#characters = 0
    this.#skipped = 0
    return text
  }

  get #owes(): boolean {
    return this.#sent - this.#answered >= mostOwed
  }
}
