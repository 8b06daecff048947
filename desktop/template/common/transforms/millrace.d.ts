// What a transform works with; for editors only: import type { Event, Context } from './millrace'

/** An event as the collector knows it: Segment's spec, with ids, times and context filled in. */
export interface Event {
  type: 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias'
  /** Name of a track event. */
  event?: string
  /** What makes it unique. Keep it: a second event made of this one gets an id of its own from it. */
  messageId: string
  userId?: string | number | null
  anonymousId?: string | number | null
  groupId?: string | number | null
  previousId?: string | number | null
  name?: string | null
  category?: string | null
  /** When it happened, ISO 8601. */
  timestamp: string
  /** These are shown, and stay as they are whatever is returned. */
  readonly originalTimestamp?: string
  readonly sentAt?: string
  readonly receivedAt: string
  properties?: Record<string, any> | null
  traits?: Record<string, any> | null
  context: Record<string, any>
  [field: string]: unknown
}

export interface Context {
  /** The source that the events came in by. */
  source: string
  /** This transform. */
  name: string
}

/** What a file exports as `transform`. An event that is not in the result is dropped. */
export type Transform = (events: Event[], context: Context) => Event[] | Promise<Event[]>
