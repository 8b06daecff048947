import { z } from 'zod'

/*
 * The only definition of an event: Segment's spec (segment.com/docs/connections/spec/), which RudderStack's follows.
 * Unknown top-level fields are let through and kept. An id may be a number, because SDKs in loosely typed languages send one.
 */

const someId = z.union([z.string(), z.number(), z.custom<RawNumber>(isRawNumber)])
const id = someId.nullish()
// Not a record of zod's: it looks at a copy, in which a number kept as it was written is an object.
const object = z.custom<Record<string, unknown>>(isPlainObject, 'is not an object').nullish()

/** ISO 8601, or milliseconds or seconds since the epoch. */
export const timeSchema = z
  .union([z.string(), z.number()])
  .refine((value) => parseTime(value) !== undefined, { message: 'is not a date', params: { reason: 'invalid-timestamp' } })

const common = {
  messageId: id.describe('What makes the event unique; a repeated one is visible once.'),
  userId: id,
  anonymousId: id,
  timestamp: timeSchema.nullish().describe("When it happened, by the sender's clock."),
  originalTimestamp: timeSchema.nullish().describe('The same, as SDKs name it that fill timestamp themselves.'),
  sentAt: z.unknown().optional().describe("When it was sent, by the sender's clock; ignored unless it is a date."),
  // In events of every type, since the row of every type has columns for them.
  properties: object,
  traits: object,
  context: object,
  integrations: object,
}

const needsUser = (event: { userId?: unknown; anonymousId?: unknown }) =>
  idText(event.userId) !== undefined || idText(event.anonymousId) !== undefined
const user = { message: 'needs userId or anonymousId', path: ['userId'], params: { reason: 'missing-user' } }

export const trackSchema = z
  .looseObject({ ...common, type: z.literal('track'), event: z.string().trim().min(1).max(1000) })
  .refine(needsUser, user)
export const identifySchema = z.looseObject({ ...common, type: z.literal('identify') }).refine(needsUser, user)
const view = { ...common, name: z.string().nullish(), category: z.string().nullish() }
export const pageSchema = z.looseObject({ ...view, type: z.literal('page') }).refine(needsUser, user)
export const screenSchema = z.looseObject({ ...view, type: z.literal('screen') }).refine(needsUser, user)
const requiredId = someId.refine((value) => idText(value) !== undefined, { params: { reason: 'missing-field' } })
export const groupSchema = z.looseObject({ ...common, type: z.literal('group'), groupId: requiredId }).refine(needsUser, user)
export const aliasSchema = z.looseObject({ ...common, type: z.literal('alias'), previousId: requiredId, userId: requiredId })

export const eventSchema = z.discriminatedUnion('type', [trackSchema, identifySchema, pageSchema, screenSchema, groupSchema, aliasSchema])

/** The body of /v1/batch. Its events are checked one by one, so that one bad event does not sink the others. */
export const batchSchema = z.looseObject({
  batch: z.array(z.unknown()),
  context: z.unknown().optional().describe('Stands in for what an event has not in its own context.'),
  sentAt: z.unknown().optional(),
  writeKey: z.unknown().optional().describe('Authenticates when no header does.'),
})

export type Event = z.infer<typeof eventSchema>
export type EventType = Event['type']
export const eventTypes = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const satisfies readonly EventType[]

/** Milliseconds since the epoch, or undefined. Numbers below 1e11 (the year 5138 in seconds) are seconds. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value === 'string') {
    // A string without a letter or dash may be an epoch in quotes; Date.parse would read it as a year.
    const time = /^\d{9,}$/.test(value) ? parseTime(Number(value)) : Date.parse(value)
    return time === undefined || Number.isNaN(time) ? undefined : time
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  const time = Math.abs(value) < 1e11 ? value * 1000 : value
  return Math.abs(time) <= 8.64e15 ? time : undefined
}

// What Date.prototype.toISOString writes, where the calendar has each day and the clock each hour for sure.
const isoTime = /^(?:19|2[01])\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

/** Whether a value is a time just as toISOString writes it, as all SDKs send it: it need be neither parsed to be checked, nor written again. */
export function isIsoTime(value: unknown): value is string {
  return typeof value === 'string' && isoTime.test(value)
}

/** A number kept as it was written (`parseJson`), because a double would change it. */
export interface RawNumber {
  rawJSON: string
}

export function isRawNumber(value: unknown): value is RawNumber {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'rawJSON' in value && Object.isFrozen(value)
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)
}

/** An id as text; undefined when it is absent or empty. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'number') return String(value)
  return isRawNumber(value) ? value.rawJSON : undefined
}
