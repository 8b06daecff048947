import { z } from 'zod'
import { checkBy } from '../../connector/check.ts'
import { defineDestination, type StreamedEvent } from '../../connector/destination.ts'
import {
  type Answer,
  refusal,
  refusedCredentials,
  rejection,
  sendJson,
  under,
  unexpectedAnswer,
  wholeReply,
} from '../../connector/json-request.ts'
import { lookup, pick } from '../../connector/lookup.ts'
import { knownObject } from '../../connector/object.ts'
import { deliverPieces, type Lane, type Piece, type PieceOutcome, type Reply } from '../../connector/pieces.ts'
import { viewName } from '../../connector/view-name.ts'
import { MillraceError } from '../../lib/error.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { type AmplitudeConfig, amplitudeConfigSchema } from './config.ts'

/*
 * Amplitude's HTTP V2 API (amplitude.com/docs/apis/analytics/http-v2 and /http-api-batching-retries): at most 2,000
 * events and 1 MB a request, on the Starter plan 100 requests and 1,000 events a second, 30 events a second for one
 * user or device. A refused request has taken nothing; what its answer blames is taken out, and the rest sent again.
 * Repeats are told by insert_id, for 7 days. Users go as the event $identify, as Amplitude's own SDKs send them;
 * groups by the Group Identify API (amplitude.com/docs/apis/analytics/group-identify: a form, at most 1,024 groups and 1 MB).
 */
const batchSize = 100

/** What an answer may blame: indexes into the events of the request. Fields lead to the first event at fault. */
const indexes = z.array(z.number())
const counted = z.record(z.string(), z.number()).default({})
const answerSchema = z.object({
  code: z.number(),
  error: z.string().nullish(),
  events_with_invalid_fields: z.record(z.string(), indexes).default({}),
  events_with_missing_fields: z.record(z.string(), indexes).default({}),
  events_with_invalid_id_lengths: z.record(z.string(), indexes).default({}),
  silenced_events: indexes.default([]),
  throttled_events: indexes.default([]),
  throttled_users: counted,
  throttled_devices: counted,
  exceeded_daily_quota_users: counted,
  exceeded_daily_quota_devices: counted,
})

/** Fields of Amplitude's event, and where in the context of ours they are. */
const contextFields = {
  ip: 'ip',
  language: 'locale',
  os_name: 'os.name',
  os_version: 'os.version',
  device_model: 'device.model',
  device_manufacturer: 'device.manufacturer',
  carrier: 'network.carrier',
  app_version: 'app.version',
  library: 'library.name',
}
const revenueFields = { revenue: 'revenue', price: 'price', quantity: 'quantity', productId: 'product_id' }

/** Sends events, users and groups to Amplitude. */
export const amplitude = defineDestination<AmplitudeConfig>({
  name: 'amplitude',
  title: 'Amplitude',
  description: 'Sends events, users and groups to Amplitude by its HTTP V2 API.',
  config: amplitudeConfigSchema,

  // Without events it refuses any request, and a wrong key by name.
  check: (config, runtime) => checkBy(post(config, '', runtime), keyError),

  events: {
    limits: { batchSize, batchBytes: 900_000, requestsPerSecond: 10 },
    types: ['track', 'identify', 'page', 'screen', 'group'],
    deliver: (config, events, runtime) => {
      const pieces = events.map((event) => piecesOf(config, event))
      return deliverPieces<never>(pieces, (name) => laneOf(name, config, 'event', runtime))
    },
  },

  rows: {
    limits: { batchSize, requestsPerSecond: 10 },
    operations: ['upsert'],
    async deliver(config, { object, rows }, runtime) {
      const kind = knownObject(object, ['users', 'groups'])
      const pieces = rows.map(({ key, fields }) => {
        if (kind === 'groups') return [groupPiece(config, key, fields)]
        return [eventPiece({ event_type: '$identify', user_id: key, user_properties: { $set: fields } })]
      })
      return deliverPieces<never>(pieces, (name) => laneOf(name, config, 'row', runtime))
    },
  },
})

function eventPiece(entry: object): Piece {
  return { lane: 'events', json: JSON.stringify(entry) }
}

function groupPiece({ group_type }: AmplitudeConfig, group: string, properties: JsonObject): Piece {
  return { lane: 'groups', json: JSON.stringify({ group_type, group_value: group, group_properties: { $set: properties } }) }
}

function piecesOf(config: AmplitudeConfig, event: StreamedEvent): Piece[] {
  const session = lookup(event.context, 'sessionId')
  const common = {
    user_id: event.userId,
    device_id: event.anonymousId,
    time: Date.parse(event.timestamp),
    insert_id: event.messageId,
    ...pick(event.context, contextFields),
    // The session's start in milliseconds, which RudderStack's SDKs number their sessions by.
    session_id: typeof session === 'number' ? session : undefined,
  }
  switch (event.type) {
    case 'track':
      return [
        eventPiece({ event_type: event.event, ...common, event_properties: event.properties, ...pick(event.properties, revenueFields) }),
      ]
    case 'page':
    case 'screen':
      return [eventPiece({ event_type: viewName(event), ...common, event_properties: event.properties })]
    case 'identify':
      return [eventPiece({ event_type: '$identify', ...common, user_properties: { $set: event.traits ?? {} } })]
    default: {
      const groups = { [config.group_type]: event.groupId }
      const member = eventPiece({ event_type: '$identify', ...common, groups, user_properties: { $set: groups } })
      return event.traits === undefined ? [member] : [member, groupPiece(config, event.groupId!, event.traits)]
    }
  }
}

function laneOf(name: string, config: AmplitudeConfig, what: 'row' | 'event', runtime: Runtime): Lane {
  const toGroups = name === 'groups'
  return {
    limits: { count: batchSize, bytes: 900_000 },
    async send(pieces) {
      const answer = await (toGroups ? postGroups : post)(config, pieces.map(({ json }) => json).join(','), runtime)
      const error = keyError(answer)
      if (error !== undefined) throw error
      if (!toGroups) return replyOf(answer, pieces, what)
      return wholeReply(what, answer, pieces.length)
    },
  }
}

function replyOf(answer: Answer, pieces: readonly Piece[], what: 'row' | 'event'): Reply {
  const told = answerSchema.safeParse(answer.json).data
  if (answer.ok && told?.code === 200) return pieces.map(() => ({ status: 'accepted' }))
  if (answer.ok) throw unexpectedAnswer(answer)
  if (told === undefined && answer.failure !== undefined) throw answer.failure
  if (told === undefined) return refusal(what, answer)
  const outcomes = new Map<number, PieceOutcome>()
  const blame = (faults: Record<string, number[]>, fault: string) => {
    for (const [field, found] of Object.entries(faults)) {
      for (const index of found) outcomes.set(index, { status: 'rejected', error: rejection(what, answer, `${field} ${fault}`) })
    }
  }
  // "Pause sending events for that user or device for a period of 30 seconds before retrying" (429).
  const throttled = new MillraceError({
    code: 'destination-throttled',
    fault: 'transient',
    message: told.error ?? 'Too many requests.',
    retryAfter: 30,
  })
  for (const index of told.throttled_events) outcomes.set(index, { status: 'undelivered', error: throttled })
  for (const [index, { json }] of pieces.entries()) {
    const { user_id = '', device_id = '' } = JSON.parse(json) as { user_id?: string; device_id?: string }
    const among = (users: object, devices: object) => Object.hasOwn(users, user_id) || Object.hasOwn(devices, device_id)
    if (among(told.throttled_users, told.throttled_devices)) outcomes.set(index, { status: 'undelivered', error: throttled })
    if (among(told.exceeded_daily_quota_users, told.exceeded_daily_quota_devices)) {
      outcomes.set(index, { status: 'rejected', error: rejection(what, answer, 'daily quota of its user or device is used up') })
    }
  }
  blame({ device_id: told.silenced_events }, 'is silenced')
  blame(told.events_with_invalid_fields, 'is invalid')
  blame(told.events_with_missing_fields, 'is missing')
  blame(told.events_with_invalid_id_lengths, 'is too short')
  const reply = pieces.map((_, index) => outcomes.get(index))
  if (reply.some((outcome) => outcome !== undefined)) return reply
  if (answer.failure !== undefined) throw answer.failure
  return refusal(what, answer, told.error ?? undefined)
}

/** A wrong key is a 400 that says so. */
function keyError(answer: Answer): MillraceError | undefined {
  return answer.status === 400 && /\binvalid api key\b/i.test(answer.text) ? refusedCredentials(answer) : undefined
}

function post({ url, api_key, min_id_length, timeout }: AmplitudeConfig, events: string, runtime: Runtime): Promise<Answer> {
  const opening = JSON.stringify({ api_key, options: { min_id_length } }).slice(0, -1)
  return sendJson({ url: under(url, '/2/httpapi'), body: `${opening},"events":[${events}]}`, timeout, reads: [429] }, runtime)
}

function postGroups({ url, api_key, timeout }: AmplitudeConfig, groups: string, runtime: Runtime): Promise<Answer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams({ api_key, identification: `[${groups}]` }).toString()
  return sendJson({ url: under(url, '/groupidentify'), headers, body, timeout }, runtime)
}
