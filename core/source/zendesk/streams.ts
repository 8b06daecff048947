import { z } from 'zod'
import { type ApiClient, type Query, unlessGone } from '../../connector/api-client.ts'
import { type ApiStream, isObject, objectsOf, readState, type StreamMessage } from '../../connector/api-source.ts'
import { recordSchema } from '../../connector/record-schema.ts'
import type { StreamRequest } from '../../connector/source.ts'
import { MillraceError } from '../../lib/error.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import * as fields from './fields.ts'

/** Of the source's settings. */
interface Settings {
  start_date?: string | undefined
  page_size: number
  export_size: number
}

interface Export {
  path: string
  /** Field of the answer with the records. */
  field: string
  /** When a record was changed, in seconds since 1970. */
  at(record: JsonObject): number
  isGone?(record: JsonObject): boolean
}

export function zendeskStreams(client: ApiClient, settings: Settings, now: () => number): ApiStream[] {
  const list = (name: string, key: string, columns: fields.Columns): ApiStream => ({
    name,
    schema: recordSchema(columns),
    primaryKey: [[key]],
    modes: ['full-refresh'],
    resumable: true,
    permission: 'the role of an admin (with OAuth: the scope read)',
    read: (request) => readList(`/api/v2/${name}`, name, request, client, settings),
  })
  const exported = (name: string, cursor: string, columns: fields.Columns, how: Export, read: typeof readByCursor): ApiStream => ({
    ...list(name, 'id', columns),
    cursorField: [cursor],
    modes: ['incremental'],
    ...(how.isGone === undefined ? {} : { tellsDeletes: true }),
    read: (request) => read(how, request, client, settings, now),
  })
  const incremental = '/api/v2/incremental'
  const tickets: Export = {
    path: `${incremental}/tickets/cursor`,
    field: 'tickets',
    // Also changed by the system, which leaves updated_at (developer.zendesk.com, "Excluding system updates").
    at: (ticket) => Number(ticket.generated_timestamp),
    isGone: ({ status }) => status === 'deleted',
  }
  // "false if the user has been deleted" (developer.zendesk.com/api-reference/ticketing/users/users).
  const users: Export = { path: `${incremental}/users/cursor`, field: 'users', at: updatedAt, isGone: ({ active }) => active === false }
  const organizations: Export = {
    path: `${incremental}/organizations`,
    field: 'organizations',
    at: updatedAt,
    isGone: ({ deleted_at }) => deleted_at !== undefined && deleted_at !== null,
  }
  const ticketEvents: Export = { path: `${incremental}/ticket_events`, field: 'ticket_events', at: ({ timestamp }) => Number(timestamp) }
  const metricEvents: Export = {
    path: `${incremental}/ticket_metric_events`,
    field: 'ticket_metric_events',
    at: ({ time }) => seconds(time),
  }
  return [
    list('brands', 'id', fields.brand),
    list('group_memberships', 'id', fields.groupMembership),
    list('groups', 'id', fields.group),
    list('macros', 'id', fields.macro),
    list('organization_memberships', 'id', fields.organizationMembership),
    exported('organizations', 'updated_at', fields.organization, organizations, readByTime),
    list('satisfaction_ratings', 'id', fields.satisfactionRating),
    list('tags', 'name', fields.tag),
    exported('ticket_events', 'timestamp', fields.ticketEvent, ticketEvents, readByTime),
    list('ticket_fields', 'id', fields.ticketField),
    exported('ticket_metric_events', 'time', fields.metricEvent, metricEvents, readByTime),
    list('ticket_metrics', 'id', fields.ticketMetric),
    exported('tickets', 'generated_timestamp', fields.ticket, tickets, readByCursor),
    exported('users', 'updated_at', fields.user, users, readByCursor),
  ]
}

const listState = z.union([z.strictObject({ after: z.string() }), z.strictObject({ done: z.literal(true) })])

/** Cursor pagination (developer.zendesk.com/api-reference/introduction/pagination). A cursor that is not known any more: from the start. */
async function* readList(
  path: string,
  field: string,
  request: StreamRequest,
  client: ApiClient,
  settings: Settings,
): AsyncGenerator<StreamMessage> {
  const state = readState(listState, request)
  if (state !== undefined && 'done' in state) return
  let after = state?.after
  for (;;) {
    const query = { 'page[size]': settings.page_size, 'page[after]': after }
    const { json } = await client.get(path, query)
    const { [field]: records, meta } = isObject(json) ? json : {}
    yield { type: 'records', records: objectsOf(records) }
    const { has_more, after_cursor } = isObject(meta) ? meta : {}
    if (has_more !== true || typeof after_cursor !== 'string') break
    after = after_cursor
    yield { type: 'state', state: { after } }
  }
  yield { type: 'state', state: { done: true } }
}

const cursorState = z.strictObject({
  cursor: z.string(),
  /** When the last record was changed: from where to go on should the cursor not be known any more. */
  since: z.number(),
})

/** Cursor-based exports (developer.zendesk.com, "Using the Incremental Exports API"): the cursor of the last page begins the next read. */
async function* readByCursor(
  { path, field, at, isGone }: Export,
  request: StreamRequest,
  client: ApiClient,
  settings: Settings,
  now: () => number,
): AsyncGenerator<StreamMessage> {
  const state = readState(cursorState, request)
  let cursor = state?.cursor
  let since = state?.since ?? startTime(request, settings, now)
  for (;;) {
    const page = async (where: Query) => exportPage((await client.get(path, { ...where, per_page: settings.export_size })).json, field)
    const from = { start_time: Math.min(since, latestStart(now)) }
    const { records, end, after } = (cursor === undefined ? undefined : await unlessGone(page({ cursor }))) ?? (await page(from))
    yield* sorted(records, isGone)
    since = records.reduce((latest, record) => Math.max(latest, at(record)), since)
    cursor = after ?? cursor
    if (cursor !== undefined) yield { type: 'state', state: { cursor, since } }
    if (end || isPast(request, since)) return
  }
}

const timeState = z.strictObject({
  since: z.number(),
  /** Records changed at `since` that have been read: the next page has them again. */
  seen: z.array(z.string()),
})

/** Time-based exports: the time of the last page's end begins the next one, which repeats what was changed in that second. */
async function* readByTime(
  { path, field, at, isGone }: Export,
  request: StreamRequest,
  client: ApiClient,
  settings: Settings,
  now: () => number,
): AsyncGenerator<StreamMessage> {
  let { since, seen } = readState(timeState, request) ?? { since: startTime(request, settings, now), seen: [] as string[] }
  for (;;) {
    const query = { start_time: Math.min(since, latestStart(now)), per_page: settings.export_size }
    const { records, end, endTime } = exportPage((await client.get(path, query)).json, field)
    const fresh = records.filter((record) => !seen.includes(keyOf(record, at)))
    yield* sorted(fresh, isGone)
    const next = endTime ?? since
    if (!end && next <= since && fresh.length === 0) throw stuck(path)
    seen = [...(next === since ? seen : []), ...fresh.filter((record) => at(record) >= next).map((record) => keyOf(record, at))]
    since = next
    yield { type: 'state', state: { since, seen } }
    if (end || isPast(request, since)) return
  }
}

interface ExportPage {
  records: JsonObject[]
  end: boolean
  after: string | undefined
  endTime: number | undefined
}

function exportPage(json: Json, field: string): ExportPage {
  const { [field]: records, end_of_stream, after_cursor, end_time } = isObject(json) ? json : {}
  return {
    records: objectsOf(records),
    end: end_of_stream !== false,
    after: typeof after_cursor === 'string' ? after_cursor : undefined,
    endTime: typeof end_time === 'number' ? end_time : undefined,
  }
}

/** Records that are there, and keys of those that are gone. Of a record that a page has twice, the last stands. */
function* sorted(records: readonly JsonObject[], isGone: ((record: JsonObject) => boolean) | undefined): Generator<StreamMessage> {
  const latest = [...new Map(records.map((record) => [record.id, record])).values()]
  const keys = latest.flatMap((record) => (isGone?.(record) === true ? [{ id: record.id! }] : []))
  yield { type: 'records', records: latest.filter((record) => isGone?.(record) !== true) }
  if (keys.length > 0) yield { type: 'deletes', keys }
}

function startTime({ range }: StreamRequest, { start_date }: Settings, now: () => number): number {
  const start = range?.from ?? start_date
  return Math.min(start === undefined ? 0 : seconds(start), latestStart(now))
}

/** "Must be at least one minute in the past"; a second more for the other's clock. */
function latestStart(now: () => number): number {
  return Math.floor(now() / 1000) - 61
}

function isPast({ range }: StreamRequest, since: number): boolean {
  return range?.to !== undefined && since >= seconds(range.to)
}

function seconds(time: Json | undefined): number {
  const text = String(time)
  return /^\d+$/.test(text) ? Number(text) : Math.floor(Date.parse(text) / 1000)
}

function updatedAt({ updated_at }: JsonObject): number {
  return seconds(updated_at)
}

function keyOf(record: JsonObject, at: Export['at']): string {
  return `${String(record.id)}@${at(record)}`
}

function stuck(path: string): MillraceError {
  return new MillraceError({
    code: 'source-answer',
    fault: 'system',
    message: `The export ${path} has more records of one second than a page holds, and no way past them.`,
    mend: 'Set export_size to 1000.',
  })
}
