import { z } from 'zod'
import type { ApiClient } from '../../connector/api-client.ts'
import { type ApiStream, isObject, objectsOf, readState, type StreamMessage } from '../../connector/api-source.ts'
import { type Fields, recordSchema } from '../../connector/record-schema.ts'
import type { StreamRequest } from '../../connector/source.ts'
import { MillraceError } from '../../lib/error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { CrmObject, nextOf, type Page } from './object.ts'

/** Of the source's settings. */
interface Settings {
  objects: readonly string[]
  properties: Record<string, string[]>
  associations: Record<string, string[]>
  start_date?: string | undefined
  lookback: number
  page_size: number
}

const ownerFields: Fields = {
  id: ['text', 'Its id, which the property hubspot_owner_id of objects has.'],
  userId: ['integer', 'The id of the user.'],
  email: ['text', 'The address.'],
  firstName: ['text', 'First name.'],
  lastName: ['text', 'Last name.'],
  type: ['text', 'PERSON, QUEUE.'],
  teams: ['objects', 'Teams.'],
  archived: ['boolean', 'It was deleted.'],
  createdAt: ['time', 'When it was made.'],
  updatedAt: ['time', 'When it was last changed.'],
}

const pipelineFields: Fields = {
  id: ['text', 'Its id, which the property pipeline (of tickets hs_pipeline) has.'],
  label: ['text', 'Its name.'],
  displayOrder: ['integer', 'Its place.'],
  stages: ['objects', 'Its stages: id, label, displayOrder, metadata.'],
  archived: ['boolean', 'It was deleted.'],
  createdAt: ['time', 'When it was made.'],
  updatedAt: ['time', 'When it was last changed.'],
}

export async function hubspotStreams(client: ApiClient, settings: Settings, now: () => number): Promise<ApiStream[]> {
  const streams: ApiStream[] = []
  for (const name of new Set(settings.objects)) streams.push(await objectStream(new CrmObject(name, client, settings), settings, now))
  const list = (name: string, path: string, fields: Fields, permission: string): ApiStream => ({
    name,
    schema: recordSchema(fields),
    primaryKey: [['id']],
    modes: ['full-refresh'],
    permission,
    read: () => readList(path, client, settings),
  })
  return [
    ...streams,
    list('deal_pipelines', '/crm/v3/pipelines/deals', pipelineFields, 'the scope crm.objects.deals.read'),
    list('owners', '/crm/v3/owners', ownerFields, 'the scope crm.objects.owners.read'),
    list('ticket_pipelines', '/crm/v3/pipelines/tickets', pipelineFields, 'the scope tickets'),
  ]
}

/** An object whose properties may not be seen is a stream still, which says so when it is read. */
async function objectStream(object: CrmObject, settings: Settings, now: () => number): Promise<ApiStream> {
  const { name, cursor } = object
  let fields: Fields = { [cursor]: ['time', 'When it was last changed.'], ...object.ownFields() }
  try {
    fields = { ...fields, ...(await object.fields()) }
  } catch (thrown) {
    if (!(thrown instanceof MillraceError && thrown.code === 'source-forbidden')) throw thrown
  }
  return {
    name,
    schema: recordSchema(fields),
    primaryKey: [['id']],
    cursorField: [cursor],
    modes: ['full-refresh', 'incremental'],
    tellsDeletes: true,
    resumable: true,
    permission: `the scopes crm.objects.${name}.read and crm.schemas.${name}.read, and the same of the objects it is associated with`,
    read: (request) => (request.mode === 'full-refresh' ? readWhole(object, request) : readChanges(object, request, settings, now)),
  }
}

async function* readList(path: string, client: ApiClient, settings: Settings): AsyncGenerator<StreamMessage> {
  let after: string | undefined
  do {
    const { json } = await client.get(path, { limit: settings.page_size, after })
    yield { type: 'records', records: objectsOf(isObject(json) ? json.results : undefined) }
    after = nextOf(json)
  } while (after !== undefined)
}

const wholeState = z.union([z.strictObject({ after: z.string() }), z.strictObject({ done: z.literal(true) })])

async function* readWhole(object: CrmObject, request: StreamRequest): AsyncGenerator<StreamMessage> {
  const state = readState(wholeState, request)
  if (state !== undefined && 'done' in state) return
  let after = state?.after
  do {
    const page: Page = await object.list(after)
    yield { type: 'records', records: page.records }
    after = page.after
    yield { type: 'state', state: after === undefined ? { done: true } : { after } }
  } while (after !== undefined)
}

/** All times in milliseconds since 1970. */
const changesState = z.strictObject({
  since: z.number(),
  /** Ids of the records changed at `since` that have been read. */
  seen: z.array(z.string()),
  /** Within those changed at `since`, which are more than a page: the last one read, by id. */
  within: z.string().optional(),
  /** What was deleted until then has been told. */
  archived: z.number(),
})

/**
 * What was changed since, the oldest change first. A search gives at most 10,000 records, and its pages move when
 * records change meanwhile (developers.hubspot.com/docs/api-reference/search/guide, "Limitations"); so each page is a
 * search of its own, from the time of the last one's last record. Those of one and the same time, when they are more than
 * a page, go by id.
 */
async function* readChanges(
  object: CrmObject,
  request: StreamRequest,
  settings: Settings,
  now: () => number,
): AsyncGenerator<StreamMessage> {
  const { cursor } = object
  const begun = now() - 60_000
  const state = readState(changesState, request)
  const start = request.range?.from ?? settings.start_date
  let since = state === undefined ? Date.parse(start ?? '1970-01-01T00:00:00Z') : state.since
  let { seen, within }: { seen: string[]; within?: string | undefined } = state ?? { seen: [] }
  const archived = state?.archived ?? begun
  const at = (record: JsonObject) => Date.parse(String(record[cursor]))
  if (state !== undefined && within === undefined && settings.lookback > 0) since -= settings.lookback * 1000
  for (;;) {
    const time = { propertyName: cursor, value: String(since) }
    const { records, after } =
      within === undefined
        ? await object.search([{ ...time, operator: 'GTE' }], cursor)
        : await object.search(
            [
              { ...time, operator: 'EQ' },
              { propertyName: 'hs_object_id', operator: 'GT', value: within },
            ],
            'hs_object_id',
          )
    yield { type: 'records', records: records.filter((record) => !(at(record) === since && seen.includes(String(record.id)))) }
    const last = records.at(-1)
    const isWithin = within !== undefined
    if (isWithin) {
      within = after === undefined ? undefined : String(last!.id)
      if (within === undefined) {
        since++
        seen = []
      }
    } else if (last !== undefined) {
      const reached = at(last)
      const same = records.flatMap((record) => (at(record) === reached ? [String(record.id)] : []))
      if (reached === since && after !== undefined) within = '0'
      seen = reached === since ? [...new Set([...seen, ...same])] : same
      since = reached
    }
    yield { type: 'state', state: { since, seen, archived, ...(within === undefined ? {} : { within }) } }
    const isPast = request.range?.to !== undefined && since >= Date.parse(request.range.to)
    if (isPast) return
    if (after === undefined && !isWithin) break
  }
  if (request.range !== undefined) return
  yield* readArchived(object, archived)
  yield { type: 'state', state: { since, seen, archived: begun } }
}

async function* readArchived(object: CrmObject, since: number): AsyncGenerator<StreamMessage> {
  let after: string | undefined
  do {
    const page: Page = await object.archived(after)
    const keys = page.records.flatMap(({ id, archivedAt }) => (Date.parse(String(archivedAt)) >= since ? [{ id: id! }] : []))
    if (keys.length > 0) yield { type: 'deletes', keys }
    after = page.after
  } while (after !== undefined)
}
