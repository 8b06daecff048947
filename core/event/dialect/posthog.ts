import { MillraceError } from '../../lib/error.ts'
import { fail, ok, type Result } from '../../lib/result.ts'
import { type Call, type Dialect, isObject, maxBatch, textIn, type Told, tooManyEvents } from './dialect.ts'
import { posthogEvents } from './posthog-event.ts'

/*
 * PostHog's capture API (posthog.com/docs/api/capture) as its SDKs speak it: /batch/ with `{api_key, batch, sent_at}`, one
 * event at /capture/, and the newer /i/v1/analytics/events, whose key is a Bearer token and whose answer names every event.
 */

const keyOf = ({ body, query }: Call) =>
  textIn(body, 'api_key') ??
  textIn(body, 'token') ??
  textIn(isObject(body) ? body['properties'] : undefined, 'token') ??
  query?.get('token') ??
  undefined

export const posthogBatch: Dialect = {
  single: false,
  keyOf,
  tell: ({ body }) => tellAll(body),
}

/** /capture/: an event, or a batch all the same, as PostHog takes it. */
export const posthogCapture: Dialect = {
  single: true,
  keyOf,
  tell: ({ body }) => (isObject(body) && !('batch' in body) ? ok(told([body], body['sent_at'])) : tellAll(body)),
}

function tellAll(body: unknown): Result<Told> {
  const batch = isObject(body) ? body['batch'] : body
  if (!Array.isArray(batch)) {
    const message = 'The body is {"api_key": "…", "batch": [event, …]}.'
    return fail(new MillraceError({ code: 'not-a-batch', fault: 'config', message, at: { field: 'batch' } }))
  }
  if (batch.length > maxBatch) return fail(tooManyEvents(batch.length))
  return ok(told(batch, isObject(body) ? (body['sent_at'] ?? body['created_at']) : undefined))
}

function told(batch: readonly unknown[], sentAt: unknown): Told {
  const made = batch.flatMap((raw) => posthogEvents(raw).map((event) => ({ event, raw })))
  return {
    events: made.map(({ event }) => event),
    payloads: made.map(({ raw }) => raw),
    sentAt,
    context: undefined,
    // The SDKs of servers say so of each event, lest all users live where the server stands.
    relayed:
      batch.length > 0 &&
      batch.every((raw) => isObject(raw) && isObject(raw['properties']) && raw['properties']['$geoip_disable'] === true),
  }
}
