import type { AcceptOptions } from '#core/event/accept.ts'
import type { EdgeSource } from '#core/event/edge-config.ts'
import type { Reception } from '#core/event/enrich.ts'
import { parseJson } from '#core/event/parse.ts'
import { batchSchema, eventTypes, parseTime } from '#core/event/schema.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { failed, kept, notKept, refuse, toSender } from '../answer.ts'
import { publicationOf, type Visit } from '../services.ts'
import { readBody } from '../body.ts'
import { writeKeyOf } from '../write-key.ts'
import { clientIp, keep } from './keep.ts'

const kinds = ['batch', ...eventTypes] as const
type Kind = (typeof kinds)[number]

/** The routes of Segment's HTTP API (segment.com/docs/connections/sources/catalog/libraries/server/http-api). */
const routes = new Map<string, Kind>(kinds.map((kind) => [`/v1/${kind}`, kind]))

/** What an address takes, when it is one of these routes. */
export function kindOf(url: string): Kind | undefined {
  const path = url.indexOf('/', url.indexOf('://') + 3)
  const query = url.indexOf('?', path)
  return routes.get(query === -1 ? url.slice(path) : url.slice(path, query))
}

/** Takes the events of an SDK: resolves once they are durable, or to why they are not. */
export async function collect(kind: Kind, visit: Visit): Promise<Response> {
  let refusal: Response | undefined
  try {
    refusal = await take(kind, visit)
  } catch (thrown) {
    refusal = failed(thrown as Error)
  }
  return refusal === undefined ? kept() : toSender(visit.request, refusal)
}

/** What a batch may say for all its events at once, in characters of JSON: it is written once an event. */
const maxSharedContext = 8 * 1024

/** Undefined when all of it is kept. */
async function take(kind: Kind, visit: Visit): Promise<Response | undefined> {
  const { request, env, services } = visit
  const { settings, sources } = services
  const now = Date.now()
  const query = request.url.includes('?') ? new URL(request.url).searchParams : undefined
  const headerKey = writeKeyOf(request, query)
  let source = headerKey === undefined ? undefined : await sources.byKey(headerKey, () => publicationOf(env), now)
  if (headerKey !== undefined && source === undefined) return refuse(unknownKey())
  const text = await readBody(request, settings.BODY_MAX_BYTES)
  if (!text.ok) return refuse(text.error)
  const body = parseJson(text.value)
  if (source === undefined) {
    // Segment lets the key stand in the body. A body that cannot be read has none, and that is what is wrong with it.
    if (!body.ok) return refuse(body.error)
    const key = keyIn(body.value)
    if (key === undefined) return refuse(missingKey())
    source = await sources.byKey(key, () => publicationOf(env), now)
    if (source === undefined) return refuse(unknownKey())
  }
  if (!source.enabled) return refuse(disabled(source))
  if (!body.ok) return refuse(body.error)
  const reception = { source: source.name, receivedAt: now, ip: clientIp(request, settings), maxDelay: settings.CLOCK_MAX_DELAY_MS }
  const limits = { maxBytes: settings.EVENT_MAX_BYTES, bodyBytes: text.value.length * 3, deep: body.deep }
  return kind === 'batch' ? takeBatch(visit, body.value, reception, limits) : takeOne(visit, kind, body.value, reception, limits)
}

type Received = Omit<Reception, 'sentAt' | 'context'>

async function takeOne(
  visit: Visit,
  type: string,
  body: unknown,
  received: Received,
  limits: AcceptOptions,
): Promise<Response | undefined> {
  const event = typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body, type } : body
  const taken = await visit.services.acceptor.accept([event], { ...received, sentAt: undefined, context: undefined }, limits)
  const outcome = await keep(visit, received.source, taken)
  if (!outcome.ok) return notKept(outcome)
  const rejection = taken.rejections[0]
  return rejection === undefined ? undefined : refuse(rejection.error)
}

async function takeBatch(visit: Visit, body: unknown, received: Received, limits: AcceptOptions): Promise<Response | undefined> {
  const envelope = batchSchema.safeParse(body)
  if (!envelope.success) {
    const message = 'The body of /v1/batch is {"batch": [event, …]}.'
    return refuse(new MillraceError({ code: 'not-a-batch', fault: 'config', message, at: { field: 'batch' } }))
  }
  const { batch, sentAt, context: shared } = envelope.data
  if (!isSharedContext(shared)) {
    const message = `The context of a batch is an object of at most ${maxSharedContext} characters.`
    return refuse(new MillraceError({ code: 'wrong-type', fault: 'config', message, at: { field: 'context' } }))
  }
  const taken = await visit.services.acceptor.accept(
    batch,
    { ...received, sentAt: parseTime(sentAt), context: shared ?? undefined },
    limits,
  )
  const outcome = await keep(visit, received.source, taken)
  if (!outcome.ok) return notKept(outcome)
  if (taken.rejections.length === 0) return undefined
  const rejected = taken.rejections.map(({ index, error }) => ({ index, code: error.code, message: error.message, field: error.at?.field }))
  return Response.json({ success: true, accepted: taken.lines.length, rejected })
}

function isSharedContext(value: unknown): value is JsonObject | null | undefined {
  if (value === undefined || value === null) return true
  if (typeof value !== 'object' || Array.isArray(value)) return false
  try {
    return JSON.stringify(value).length <= maxSharedContext
  } catch {
    return false
  }
}

function keyIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'writeKey')) return undefined
  const key: unknown = (body as { writeKey: unknown }).writeKey
  return typeof key === 'string' && key !== '' ? key : undefined
}

function missingKey(): MillraceError {
  const mend = 'Send it as the user of Basic authentication.'
  return new MillraceError({ code: 'missing-key', fault: 'config', message: 'The request has no write key.', mend })
}

function unknownKey(): MillraceError {
  const mend = 'Check it against the sources of the stack, and that the stack is published.'
  return new MillraceError({ code: 'unknown-key', fault: 'config', message: 'No source has this write key.', mend })
}

function disabled(source: EdgeSource): MillraceError {
  return new MillraceError({ code: 'source-disabled', fault: 'config', message: `The source ${source.name} is disabled.` })
}
