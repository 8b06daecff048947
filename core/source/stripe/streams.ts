import { z } from 'zod'
import { type ApiClient, type Query, unlessGone } from '../../connector/api-client.ts'
import { type ApiStream, isObject, objectsOf, readState, type StreamMessage } from '../../connector/api-source.ts'
import { recordSchema } from '../../connector/record-schema.ts'
import type { StreamRequest } from '../../connector/source.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { type Resource, resources } from './resources.ts'

/** Of the source's settings. */
interface Settings {
  start_date?: string | undefined
  expand: Record<string, string[]>
  page_size: number
}

/** Events are kept for 30 days (docs.stripe.com/api/events). An hour less, since reading takes time. */
const eventsKept = 30 * 86_400 - 3600

/** Where in a list, which begins with the newest, a read of all has come to. */
const placeSchema = z.strictObject({
  /** The last object that was read, and when it was created. */
  after: z.string(),
  created: z.number(),
  /** All that were created then and have been read: should `after` be deleted, the read goes on by time. */
  seen: z.array(z.string()),
})
type Place = z.infer<typeof placeSchema>

/** What has been read forward up to: an event, or an object of a stream that events do not tell of. */
const anchorSchema = z.strictObject({ id: z.string().optional(), created: z.number() })
type Anchor = z.infer<typeof anchorSchema>

const wholeState = z.union([z.strictObject({ place: placeSchema }), z.strictObject({ done: z.literal(true) })])
const followState = z.strictObject({
  anchor: anchorSchema,
  /** When all up to the anchor, and nothing after it, was there; in seconds since 1970. */
  at: z.number(),
  /** Null, the beginning, or a place, while the first read of all is under way. */
  place: placeSchema.nullish(),
})

export function stripeStreams(client: ApiClient, settings: Settings, runtime: Runtime): ApiStream[] {
  return resources.map((resource): ApiStream => {
    const reader = new Reader(resource, client, settings, runtime)
    return {
      name: resource.name,
      schema: recordSchema(resource.fields),
      primaryKey: [['id']],
      cursorField: ['created'],
      modes: ['full-refresh', 'incremental'],
      resumable: true,
      ...(resource.deletes === undefined ? {} : { tellsDeletes: true }),
      permission: `the permission "${resource.permission}: Read"${resource.events.length > 0 ? ' and "Events: Read"' : ''}`,
      read: (request) => (request.mode === 'full-refresh' ? reader.whole(request) : reader.follow(request)),
    }
  })
}

interface Page {
  data: JsonObject[]
  more: boolean
}

class Reader {
  private readonly resource: Resource
  private readonly client: ApiClient
  private readonly settings: Settings
  private readonly runtime: Runtime
  private readonly expand: readonly string[]

  constructor(resource: Resource, client: ApiClient, settings: Settings, runtime: Runtime) {
    this.resource = resource
    this.client = client
    this.settings = settings
    this.runtime = runtime
    this.expand = settings.expand[resource.name] ?? []
  }

  /** All there is. */
  async *whole(request: StreamRequest): AsyncGenerator<StreamMessage> {
    const state = readState(wholeState, request)
    if (state !== undefined && 'done' in state) return
    for await (const { records, place } of this.pages(state?.place, this.since())) {
      yield { type: 'records', records }
      yield { type: 'state', state: place === undefined ? { done: true } : { place } }
    }
  }

  /** All there is at first; from then on what happened since, in its order. */
  async *follow(request: StreamRequest): AsyncGenerator<StreamMessage> {
    const { range } = request
    if (range !== undefined) {
      for await (const { records } of this.pages(undefined, { 'created[gte]': range.from, 'created[lt]': range.to }))
        yield { type: 'records', records }
      return
    }
    let { anchor, at, place } = readState(followState, request) ?? (await this.beginning())
    if (this.isForgotten(at)) {
      this.runtime.log(
        'warn',
        'The last read is longer ago than Stripe keeps events: all is read anew, and what was deleted meanwhile is not told',
        {
          stream: this.resource.name,
        },
      )
      ;({ anchor, at, place } = await this.beginning())
    }
    if (place !== undefined) {
      for await (const { records, place: next } of this.pages(place ?? undefined, this.since())) {
        yield { type: 'records', records }
        yield { type: 'state', state: { anchor, at, ...(next === undefined ? {} : { place: next }) } }
      }
    }
    for await (const page of this.forward(anchor)) {
      yield* this.resource.events.length === 0 ? [{ type: 'records' as const, records: page }] : this.happened(page)
      anchor = anchorOf(page.at(-1)!)
      yield { type: 'state', state: { anchor, at } }
    }
    yield { type: 'state', state: { anchor, at: this.now() } }
  }

  /** The list, the newest first: an object that comes or changes meanwhile moves nothing. The last page has no place to go on from. */
  private async *pages(from: Place | undefined, filter: Query): AsyncGenerator<{ records: JsonObject[]; place: Place | undefined }> {
    const query = { ...this.resource.query, ...filter, 'expand[]': this.expand.map((path) => `data.${path}`) }
    let place = from
    for (;;) {
      const after = place?.after
      const page =
        (await unlessGone(this.list(this.resource.path, { ...query, starting_after: after }))) ??
        (await this.list(this.resource.path, { ...query, 'created[lte]': place?.created }))
      const records = page.data.filter(({ id }) => place?.seen.includes(String(id)) !== true)
      const last = page.data.at(-1)
      // Where the time is gone on by, a page may be of known objects only: those are passed by their last.
      place = page.more && last !== undefined ? placeAfter(last, page.data, place) : undefined
      yield { records, place }
      if (place === undefined) return
    }
  }

  /** What came after the anchor, each page with the oldest first. */
  private async *forward(anchor: Anchor): AsyncGenerator<JsonObject[]> {
    const [path, query] = this.feed()
    let page = anchor.id === undefined ? undefined : await unlessGone(this.list(path, { ...query, ending_before: anchor.id }))
    page ??= await this.oldest(path, { ...query, 'created[gte]': anchor.created })
    for (;;) {
      const newest = page.data[0]
      if (newest === undefined) return
      yield page.data.toReversed()
      page = await this.list(path, { ...query, ending_before: String(newest.id) })
    }
  }

  /** The last page of a list. */
  private async oldest(path: string, query: Query): Promise<Page> {
    let page = await this.list(path, query)
    while (page.more) page = await this.list(path, { ...query, starting_after: String(page.data.at(-1)!.id) })
    return page
  }

  /** The events' objects, each as the last of its events has it; asked for anew where it is to be expanded. */
  private async *happened(events: readonly JsonObject[]): AsyncGenerator<StreamMessage> {
    const latest = new Map(events.map((event): [string, JsonObject] => [String(objectOf(event).id), event]))
    const isDelete = ({ type }: JsonObject) => type === this.resource.deletes
    const keys = [...latest].flatMap(([id, event]) => (isDelete(event) ? [{ id }] : []))
    const records: JsonObject[] = []
    for (const [id, event] of latest) {
      if (isDelete(event)) continue
      const record = this.expand.length === 0 ? objectOf(event) : await this.expanded(id)
      if (record !== undefined) records.push(record)
    }
    yield { type: 'records', records }
    if (keys.length > 0) yield { type: 'deletes', keys }
  }

  /** Undefined when it is gone by now: an event yet to come tells so. */
  private async expanded(id: string): Promise<JsonObject | undefined> {
    const answer = await unlessGone(this.client.get(`${this.resource.path}/${encodeURIComponent(id)}`, { 'expand[]': this.expand }))
    return isObject(answer?.json) && answer.json.deleted !== true ? answer.json : undefined
  }

  /** Where a first read begins: nothing has been read, and what happens from now on will follow. */
  private async beginning(): Promise<z.infer<typeof followState>> {
    const [path, query] = this.feed()
    const answer = await this.client.get(path, { ...query, limit: 1 })
    const [first] = pageOf(answer.json).data
    // A minute earlier than it is, since the clock is not Stripe's.
    const anchor = first === undefined ? { created: this.now() - 60 } : anchorOf(first)
    return { anchor, at: this.now(), place: null }
  }

  private isForgotten(at: number): boolean {
    return this.resource.events.length > 0 && this.now() - at > eventsKept
  }

  private now(): number {
    return Math.floor(this.runtime.clock.now() / 1000)
  }

  private feed(): [path: string, query: Query] {
    const { events, path } = this.resource
    return events.length > 0 ? ['/v1/events', { 'types[]': events }] : [path, { 'expand[]': this.expand.map((each) => `data.${each}`) }]
  }

  private since(): Query {
    const { start_date } = this.settings
    return start_date === undefined ? {} : { 'created[gte]': Math.floor(Date.parse(start_date) / 1000) }
  }

  private async list(path: string, query: Query): Promise<Page> {
    return pageOf((await this.client.get(path, { ...query, limit: this.settings.page_size })).json)
  }
}

function pageOf(json: Json): Page {
  const { data, has_more } = isObject(json) ? json : {}
  return { data: objectsOf(data), more: has_more === true }
}

function placeAfter(last: JsonObject, page: readonly JsonObject[], before: Place | undefined): Place {
  const { id, created } = anchorOf(last)
  const same = page.flatMap((object) => (object.created === created ? [String(object.id)] : []))
  return { after: id!, created, seen: before?.created === created ? [...new Set([...before.seen, ...same])] : same }
}

function anchorOf({ id, created }: JsonObject): Anchor {
  return { id: String(id), created: Number(created) }
}

function objectOf({ data }: JsonObject): JsonObject {
  return isObject(data) && isObject(data.object) ? data.object : {}
}
