import { z } from 'zod'
import { eventTypes } from './schema.ts'

/*
 * What `GET /admin/tail` speaks over its WebSocket: events as they come in, filtered at the edge. The viewer answers each
 * message with {"ack": {shard, seq}}; while it owes some, and past so many events a second, events are left out and counted.
 */

/** The subprotocol. A browser, which can set no header, gives the token as another: `bearer.` and the token in base64url. */
export const tailProtocol = 'millrace.tail'

/** Which events are shown, as the query of the request; what is not given is not asked. */
export const tailFilterSchema = z.strictObject({
  source: z.string().optional().describe('Name of the source.'),
  type: z.enum(eventTypes).optional(),
  event: z.string().optional().describe("Part of the name of a track event, page or screen; a letter's case does not count."),
  user: z.string().optional().describe('A userId or anonymousId, whole.'),
  rejected: z.boolean().optional().describe('Only events that were refused, or only those that were not.'),
})
export type TailFilter = z.infer<typeof tailFilterSchema>

export const tailEventSchema = z.object({
  receivedAt: z.number().describe('Milliseconds since the epoch.'),
  source: z.string(),
  type: z.string(),
  name: z.string().describe('Of the track event, page or screen; else empty.'),
  messageId: z.string(),
  userId: z.string().optional(),
  anonymousId: z.string().optional(),
  rejected: z
    .object({ reason: z.string(), path: z.string(), message: z.string() })
    .optional()
    .describe('Why it was refused. Absent: it was taken.'),
  payload: z.unknown().describe('The event: as it is stored, or as it was sent when it was refused. Text where it is no JSON.'),
})
export type TailEvent = z.infer<typeof tailEventSchema>

export const tailMessageSchema = z.object({
  shard: z.number().int(),
  seq: z.number().int().describe('Counts the messages of a shard.'),
  events: z.array(tailEventSchema),
  skipped: z
    .number()
    .int()
    .describe('Events left out since the last message: there were too many, or the viewer is slow. Some may not match the filter.'),
})
export type TailMessage = z.infer<typeof tailMessageSchema>

export const tailAckSchema = z.object({ ack: tailMessageSchema.pick({ shard: true, seq: true }) })
