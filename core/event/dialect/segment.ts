import { MillraceError } from '../../lib/error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { fail, ok } from '../../lib/result.ts'
import { batchSchema, type EventType } from '../schema.ts'
import { type Call, type Dialect, isObject, maxBatch, textIn, tooManyEvents } from './dialect.ts'

/*
 * Segment's HTTP API (segment.com/docs/connections/sources/catalog/libraries/server/http-api), which RudderStack's follows:
 * the events are as they are sent, and the key may stand in the body.
 */

const keyOf = ({ body }: Call) => textIn(body, 'writeKey')

/** /v1/track and its like: the body is one event, whose type the path says. */
export function segmentEvent(type: EventType): Dialect {
  return {
    single: true,
    keyOf,
    tell: ({ body }) => ok({ events: [isObject(body) ? { ...body, type } : body], sentAt: undefined, context: undefined }),
  }
}

/** What a batch may say for all its events at once, in characters of JSON: it is written once an event. */
const maxSharedContext = 8 * 1024

/** /v1/batch: `{"batch": [event, …]}`. */
export const segmentBatch: Dialect = {
  single: false,
  keyOf,
  tell({ body }) {
    const envelope = batchSchema.safeParse(body)
    if (!envelope.success) return refuse('not-a-batch', 'batch', 'The body of a batch is {"batch": [event, …]}.')
    const { batch, sentAt, context } = envelope.data
    if (batch.length > maxBatch) return fail(tooManyEvents(batch.length))
    if (!isSharedContext(context)) {
      return refuse('wrong-type', 'context', `The context of a batch is an object of at most ${maxSharedContext} characters.`)
    }
    return ok({ events: batch, sentAt, context: context ?? undefined })
  },
}

function isSharedContext(value: unknown): value is JsonObject | null | undefined {
  if (value === undefined || value === null) return true
  if (!isObject(value)) return false
  try {
    return JSON.stringify(value).length <= maxSharedContext
  } catch {
    return false
  }
}

function refuse(code: string, field: string, message: string) {
  return fail(new MillraceError({ code, fault: 'config', message, at: { field } }))
}
