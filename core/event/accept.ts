import type { MillraceError } from '../lib/error.ts'
import { checkEvent, tooLarge } from './check.ts'
import { enrich, ownMessageId, type Reception } from './enrich.ts'
import { contentId } from './message-id.ts'
import { rejectedLine } from './rejected.ts'
import { eventLine } from './rows.ts'
import type { Event } from './schema.ts'

export interface Acceptance {
  /** Lines for `events.all`. */
  lines: string[]
  /** Lines for `events.rejected`. */
  rejected: string[]
  /** Of the events given, which were refused, and why. */
  rejections: { index: number; error: MillraceError }[]
}

export interface AcceptOptions {
  /** Limit of one event, in bytes of its JSON. */
  maxBytes: number
  /** Bytes of all of them together, as far as known: under the limit none needs to be measured. */
  bodyBytes: number
  /** Lets events pass that name no user (webhooks). */
  anonymous?: boolean
  /** What goes to `events.rejected` in place of the event: what it was made from. */
  payloadOf?: (index: number) => unknown
}

/** The chain of the collector for the events of one request: check, enrich, row. No event sinks another. */
export async function acceptEvents(raws: readonly unknown[], reception: Reception, options: AcceptOptions): Promise<Acceptance> {
  const accepted: (string | Promise<string>)[] = []
  const rejections: Acceptance['rejections'] = []
  for (const [index, raw] of raws.entries()) {
    const result = checkEvent(raw, options)
    const error = result.ok ? oversize(raw, options) : result.error
    if (error !== undefined) rejections.push({ index, error })
    else if (result.ok) accepted.push(line(result.value, reception))
  }
  return {
    lines: accepted.some((item) => typeof item !== 'string') ? await Promise.all(accepted) : (accepted as string[]),
    rejected: await Promise.all(
      rejections.map(({ index, error }) =>
        rejectedLine(reception.source, options.payloadOf ? options.payloadOf(index) : raws[index], error, reception.receivedAt),
      ),
    ),
    rejections,
  }
}

function line(event: Event, reception: Reception): string | Promise<string> {
  const own = ownMessageId(event)
  if (own !== undefined) return eventLine(enrich(event, own, reception))
  return contentId(reception.source, event).then((id) => eventLine(enrich(event, id, reception)))
}

function oversize(raw: unknown, { maxBytes, bodyBytes }: AcceptOptions): MillraceError | undefined {
  if (bodyBytes <= maxBytes) return undefined
  const json = JSON.stringify(raw)
  // No character takes more than three bytes of UTF-8 a UTF-16 unit.
  if (json.length * 3 <= maxBytes) return undefined
  const bytes = new TextEncoder().encode(json).length
  return bytes > maxBytes ? tooLarge(bytes, maxBytes) : undefined
}
