import type { z } from 'zod'
import { MillraceError } from '../lib/error.ts'
import { fail, ok, type Result } from '../lib/result.ts'
import { maxDepth } from './parse.ts'
import { plainlyValid } from './plainly-valid.ts'
import { type Event, eventSchema, eventTypes } from './schema.ts'

/** Why an event was refused; stands in `events.rejected.reason`, and in the answer. */
export type RejectReason =
  | 'not-an-object' // It is a string, a list, null, …
  | 'missing-type' // No `type`, and the route does not say it.
  | 'unknown-type' // `type` is none of the six.
  | 'missing-field' // A required field is absent or empty.
  | 'missing-user' // Neither userId nor anonymousId.
  | 'wrong-type' // A field is there with a type the spec does not allow.
  | 'invalid-timestamp' // A time that is not a date.
  | 'too-deep' // Nested deeper than the warehouse can take.
  | 'too-large' // Over the limit of one event.
  | 'plan-violation' // The source's tracking plan rejects it.
  | 'transform-failed' // A transform of the source threw, or returned what is no list of events.
  | 'transform-timeout' // It took longer than it may.
  | 'transform-invalid' // It returned an event that would have been refused.
  | 'warehouse-refused' // The warehouse would not store this very row (found when flushing).

export interface CheckOptions {
  /** Lets events pass that name no user (webhooks). */
  anonymous?: boolean
  /** Whether it may be nested too deeply (`parseJson`). */
  deep: boolean
}

/**
 * Checks one event. A refusal is a MillraceError of fault `config` whose code is a {@link RejectReason} and whose
 * `at.field` is the path in the event. The event is returned as it came, not copied: a field named __proto__ stays a field.
 */
export function checkEvent(raw: unknown, options: CheckOptions): Result<Event> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return refuse('not-an-object', '', `An event is an object, not ${named(raw)}.`)
  const deep = options.deep ? tooDeep(raw, maxDepth) : undefined
  if (deep !== undefined) return refuse('too-deep', deep.slice(0, 200), `It is nested deeper than ${maxDepth} levels.`)
  if (plainlyValid(raw as Record<string, unknown>)) return ok(raw as Event)
  const { success, error } = eventSchema.safeParse(raw)
  if (success) return ok(raw as Event)
  const issues = options.anonymous ? error.issues.filter((issue) => reasonOf(issue, raw) !== 'missing-user') : error.issues
  const issue = issues[0]
  if (issue === undefined) return ok(raw as Event)
  const field = issue.path.join('.')
  return refuse(reasonOf(issue, raw), field, messageOf(issue, raw, field))
}

/**
 * The refusal of an event over the limit, if it is.
 * @param limits.bodyBytes of all events together, as far as known: under the limit none needs to be measured
 */
export function oversize(raw: unknown, { maxBytes, bodyBytes }: { maxBytes: number; bodyBytes: number }): MillraceError | undefined {
  if (bodyBytes <= maxBytes) return undefined
  const json = JSON.stringify(raw)
  // No character takes more than three bytes of UTF-8 a UTF-16 unit.
  if (json.length * 3 <= maxBytes) return undefined
  const bytes = new TextEncoder().encode(json).length
  return bytes > maxBytes ? tooLarge(bytes, maxBytes) : undefined
}

function tooLarge(bytes: number, limit: number): MillraceError {
  return refusal('too-large', '', `The event has ${bytes} bytes; the limit is ${limit}.`)
}

/** The refusal of an event by its tracking plan. */
export function offPlan({ path, message }: { path: string; message: string }): MillraceError {
  return refusal('plan-violation', path, message)
}

function reasonOf(issue: z.core.$ZodIssue, raw: object): RejectReason {
  const params = issue.code === 'custom' ? (issue.params as { reason?: RejectReason } | undefined) : undefined
  if (params?.reason) return params.reason
  const value = at(raw, issue.path)
  if (issue.path[0] === 'type') return value === undefined || value === null ? 'missing-type' : 'unknown-type'
  if (value === undefined || issue.code === 'too_small') return 'missing-field'
  return 'wrong-type'
}

function messageOf(issue: z.core.$ZodIssue, raw: object, field: string): string {
  switch (reasonOf(issue, raw)) {
    case 'missing-type':
      return `The event has no type; it is one of ${eventTypes.join(', ')}.`
    case 'unknown-type':
      return `The type is one of ${eventTypes.join(', ')}.`
    case 'missing-user':
      return 'The event needs a userId or an anonymousId.'
    case 'missing-field':
      return `${field} is required.`
    case 'invalid-timestamp':
      return `${field} is not a date (ISO 8601, or seconds or milliseconds since the epoch).`
    default:
      return `${field}: ${issue.message}.`
  }
}

function at(raw: object, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), raw)
}

/** Path of the first value more than `left` levels down; so it recurses no deeper than that, however hostile the input. */
function tooDeep(value: object, left: number): string | undefined {
  if (left === 0) return ''
  for (const key in value) {
    const child: unknown = (value as Record<string, unknown>)[key]
    if (typeof child !== 'object' || child === null) continue
    const path = tooDeep(child, left - 1)
    if (path !== undefined) return path === '' ? key : `${key}.${path}`
  }
  return undefined
}

function refuse(reason: RejectReason, field: string, message: string): Result<Event> {
  return fail(refusal(reason, field, message))
}

function refusal(reason: RejectReason, field: string, message: string): MillraceError {
  return new MillraceError({ code: reason, fault: 'config', message, at: field === '' ? undefined : { field } })
}

function named(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
