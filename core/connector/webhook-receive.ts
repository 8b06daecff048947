import { MillraceError } from '../lib/error.ts'
import type { JsonObject } from '../lib/json.ts'
import { fail, ok, type Result } from '../lib/result.ts'
import { parseWebhookBody } from './webhook-body.ts'
import type { RawEvent, WebhookAnswer, WebhookRequest, WebhookSource } from './webhook-source.ts'

/** What a request to a webhook source comes to. */
export type Received =
  | { kind: 'answer'; answer: WebhookAnswer }
  /** `items` as they were sent; each event is of the item at `item`. An item that is no object stands as it is, to be refused by the check. */
  | { kind: 'events'; items: readonly unknown[]; events: { item: number; raw: unknown }[] }

/**
 * Takes a request the way of `WebhookSource`. Fails with `wrong-signature`, `missing-key`, `wrong-method`, and as
 * `parseWebhookBody`.
 * @param at.keyed whether it has the write key, which stands in for a signature where the tool gives none
 */
export async function receiveWebhook<Config>(
  source: WebhookSource<Config>,
  config: Config,
  request: WebhookRequest,
  at: { now: number; keyed: boolean },
): Promise<Result<Received>> {
  if (request.method !== 'POST') {
    const answer = source.challenge?.(config, { ...request, body: undefined })
    return answer === undefined ? fail(wrongMethod(request.method)) : ok({ kind: 'answer', answer })
  }
  const proof = await source.verify(config, request, at)
  if (!proof.ok) return proof
  if (proof.value === 'unsigned' && !at.keyed) return fail(missingKey())
  const body = parseWebhookBody(request.rawBody, request.headers.get('content-type'))
  if (!body.ok) return body
  const delivery = { ...request, body: body.value }
  const answer = source.challenge?.(config, delivery)
  if (answer !== undefined) return ok({ kind: 'answer', answer })
  const items = source.items?.(config, delivery) ?? (Array.isArray(body.value) ? (body.value as unknown[]) : [body.value])
  const events = items.flatMap((item, index) =>
    isObject(item)
      ? source.events(config, item, delivery).map((raw) => ({ item: index, raw: named(raw, source.name) }))
      : { item: index, raw: item },
  )
  return ok({ kind: 'events', items, events })
}

/** The event with the name of where it is from, as RudderStack's cloud sources put it (context.integration). */
function named(raw: RawEvent, name: string): RawEvent {
  return { ...raw, context: { library: { name: 'webhook' }, integration: { name }, ...raw.context } }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function missingKey(): MillraceError {
  const message = 'The request has no write key, and no signature that stands in for it.'
  return new MillraceError({ code: 'missing-key', fault: 'config', message, mend: 'Add ?key= to the address.' })
}

function wrongMethod(method: string): MillraceError {
  const message = `This source takes a POST, and no ${method.slice(0, 20)}.`
  return new MillraceError({ code: 'wrong-method', fault: 'config', message })
}
