import { checkBy } from '../../connector/check.ts'
import { defineDestination, type StreamedEvent } from '../../connector/destination.ts'
import { fittingId } from '../../connector/event-id.ts'
import { basic, sendJson, under, wholeReply } from '../../connector/json-request.ts'
import { knownObject } from '../../connector/object.ts'
import { deliverPieces, type Lane } from '../../connector/pieces.ts'
import { eventTypes } from '../../event/schema.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { type SegmentConfig, segmentConfigSchema } from './config.ts'

/*
 * Segment's HTTP Tracking API (segment.com/docs/connections/sources/catalog/libraries/server/http-api/), which
 * RudderStack's data plane takes as well (rudderstack.com/docs/api/http-api/). A batch has at most 500 KB and 2,500
 * events, an event 32 KB; what is larger is refused with all that came with it, so it is told apart before. 200 is
 * answered for everything that can be read; RudderStack answers 401 to a key it does not know. At most 1,000 requests
 * a second. Repeats are told by messageId, of fewer than 100 characters.
 */
const batchBytes = 490_000
const eventBytes = 32_000

/** Sends events, users and groups to Segment or RudderStack. */
export const segment = defineDestination<SegmentConfig>({
  name: 'segment',
  title: 'Segment, RudderStack',
  description: 'Sends events, users and groups by the HTTP API that Segment and RudderStack share.',
  config: segmentConfigSchema,

  // Of an empty batch nothing is taken; whether it is welcome does not matter.
  check: (config, runtime) => checkBy(post(config, '', runtime)),

  events: {
    limits: { batchSize: 500, batchBytes, requestsPerSecond: 100 },
    types: eventTypes,
    async deliver(config, events, runtime) {
      const calls = await Promise.all(events.map(callOf))
      const pieces = calls.map((call) => [{ lane: 'batch', json: JSON.stringify(call) }])
      return deliverPieces<never>(pieces, () => lane(config, 'event', runtime))
    },
  },

  rows: {
    limits: { batchSize: 500, requestsPerSecond: 100 },
    operations: ['upsert'],
    async deliver(config, { object, rows }, runtime) {
      const kind = knownObject(object, ['users', 'groups'])
      const pieces = rows.map(({ key, fields: traits }) => {
        // A group call needs somebody: the group itself, whom no user is mistaken for.
        const call =
          kind === 'users'
            ? { type: 'identify', userId: key, traits }
            : { type: 'group', groupId: key, anonymousId: `group-${key}`, traits }
        return [{ lane: 'batch', json: JSON.stringify(call) }]
      })
      return deliverPieces<never>(pieces, () => lane(config, 'row', runtime))
    },
  },
})

/**
 * The event as an SDK would send it. Without `sentAt`, so that nothing is taken for skew once more: our timestamp is
 * corrected already (spec, "Timestamps"). RudderStack reads it from `originalTimestamp`.
 */
async function callOf(event: StreamedEvent) {
  const { source: _source, receivedAt: _receivedAt, sentAt: _sentAt, ...call } = event
  return { ...call, messageId: await fittingId(event.messageId, /^.{1,99}$/s, 64), originalTimestamp: event.timestamp }
}

function lane(config: SegmentConfig, what: 'row' | 'event', runtime: Runtime): Lane {
  return {
    limits: { count: 2_500, bytes: batchBytes, each: eventBytes },
    async send(pieces) {
      const answer = await post(config, pieces.map(({ json }) => json).join(','), runtime)
      return wholeReply(what, answer, pieces.length)
    },
  }
}

function post({ url, write_key, timeout }: SegmentConfig, calls: string, runtime: Runtime) {
  const headers = { authorization: basic(write_key, '') }
  return sendJson({ url: under(url, '/v1/batch'), headers, body: `{"batch":[${calls}]}`, timeout }, runtime)
}
