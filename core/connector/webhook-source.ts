import type { z } from 'zod'
import type { EventType } from '../event/schema.ts'
import type { Bytes } from '../lib/bytes.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Result } from '../lib/result.ts'

/**
 * A webhook source: a tool that posts what happens to `/v1/webhook/<source>`. One folder under `core/webhook/`, one line
 * in `webhook-registry.ts`. It runs in the Worker: pure, quick, no Node. See README.md beside this file.
 *
 * A request takes this way: `verify`, then `challenge`, then `events` for each item of its body.
 */
export interface WebhookSource<Config = unknown> {
  /** kebab-case, as `connector:` names it in a source file. */
  name: string
  title: string
  /** What it takes, and where in the tool its address and secret are set. */
  description: string
  /** Draws the form, checks the file, types the code. Every field has `.describe()`; secrets are `.meta({ secret: true })`. */
  config: z.ZodType<Config>
  /**
   * Whether the tool sent this: the signature over the raw body, and its age where the tool has a rule for it. Fails with
   * `wrong-signature` (see `signature.ts`), naming what is wrong and never what would be right.
   */
  verify(config: Config, request: WebhookRequest, at: { now: number }): Promise<Result<Proof>>
  /**
   * The answer to a request that only asks whether we are there; undefined for every other. A POST was verified before; a
   * GET was not, since tools sign bodies, so what it has to prove is checked here.
   */
  challenge?(config: Config, delivery: WebhookDelivery): WebhookAnswer | undefined
  /** What of the body are items, each made events and rejected on its own. Without it: the elements of a list, or the whole body. */
  items?(config: Config, delivery: WebhookDelivery): readonly unknown[]
  /**
   * An item as standard events. Pure. What it does not know becomes a track event with the tool's name for it and the
   * payload as its properties; none, only for what is known to be no event. `messageId` is made of the tool's own id of
   * the event, so that a repeated delivery is seen once; `userId` is the id that the tool was given, `anonymousId` the
   * tool's own of the person.
   */
  events(config: Config, item: JsonObject, delivery: WebhookDelivery): readonly RawEvent[]
}

/** `signed`: it can only come from the tool. `unsigned`: nothing was to be checked, so the sender has to know the write key. */
export type Proof = 'signed' | 'unsigned'

export interface WebhookRequest {
  method: string
  /** The address as requested, query included. */
  url: string
  headers: Headers
  query: URLSearchParams
  /** As it was sent, unpacked. */
  rawBody: Bytes
}

export interface WebhookDelivery extends WebhookRequest {
  /** The parsed body (`webhook-body.ts`); undefined for a GET. */
  body: unknown
}

export interface WebhookAnswer {
  status: number
  contentType: string
  body: string
}

/** An event in Segment's form, before it is checked (`event/schema.ts`). */
export interface RawEvent {
  type: EventType
  event?: unknown
  name?: unknown
  category?: unknown
  userId?: unknown
  anonymousId?: unknown
  groupId?: unknown
  previousId?: unknown
  messageId?: unknown
  timestamp?: unknown
  properties?: unknown
  traits?: unknown
  context?: object
}

/** A documented case: what the tool sends, and what it becomes. Documentation and test case at once. */
export interface WebhookExample<Config = unknown> {
  title: string
  /** The page of the tool's documentation that the shapes are from. */
  docs: string
  config: z.input<z.ZodType<unknown, Config>>
  /** When it arrives, in milliseconds since the epoch; needed where a signature ages. */
  now?: number
  request: { method?: string; url?: string; headers?: Record<string, string>; body?: string }
  expected: { events: readonly RawEvent[] } | { refused: string } | { challenge: WebhookAnswer }
}

/** Types a webhook source by its config schema. */
export function defineWebhookSource<Config>(source: WebhookSource<Config>): WebhookSource<Config> {
  return source
}
