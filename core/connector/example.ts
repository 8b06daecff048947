import type { DeliveryBatch, EventOutcome, RowOutcome, StreamedEvent } from './destination.ts'

/**
 * What goes over the wire for some events or rows: documentation and test case at once. Each destination's
 * `examples.ts` exports a list named `examples`; the conformance suite plays the tool and holds the connector to them.
 */
export type DestinationExample<Settings> = {
  title: string
  /** The vendor's page that the answers (and, where it shows them, the requests) are from. */
  source: string
  /** Without the url. */
  config: Settings
  /** The time, where it matters. */
  now?: string
  /** In order; and what the tool answers each with. */
  exchanges: Exchange[]
  /** The outcomes in order, or the code of what is thrown. */
  outcomes: (EventOutcome['status'] | RowOutcome['status'] | 'accepted, created' | 'accepted, not created')[] | { throws: string }
} & ({ events: StreamedEvent[] } | { rows: DeliveryBatch })

export interface Exchange {
  /** POST unless said. */
  method?: string
  /** With its query. */
  path: string
  /** Those that matter; names in lower case. */
  headers?: Record<string, string>
  body: unknown
  status: number
  answer?: unknown
  answerHeaders?: Record<string, string>
}

/** An event with what every one has, for examples to tell apart by what they say. */
export function sampleEvent(event: Pick<StreamedEvent, 'type'> & Partial<StreamedEvent>): StreamedEvent {
  const time = '2026-11-24T10:00:00.000Z'
  return { messageId: '13c0b661-f48b-51cd-ba54-97c5999169c0', source: 'web', timestamp: time, receivedAt: time, context: {}, ...event }
}
