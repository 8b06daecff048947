import { z } from 'zod'
import { type ApiClient, gone, unlessGone } from '../../connector/api-client.ts'
import { type ApiStream, readState, type StreamMessage } from '../../connector/api-source.ts'
import { type Fields, recordSchema } from '../../connector/record-schema.ts'
import type { StreamRequest } from '../../connector/source.ts'
import { MillraceError } from '../../lib/error.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { type Page, Querier } from './query.ts'

/** Of the source's settings. */
interface Settings {
  objects: readonly string[]
  start_date?: string | undefined
  lookback: number
  bulk_from: number
  api_version: string
}

/** A bulk job is asked for what was changed until five minutes ago, by our clock: what is newer follows by the REST API. */
const bulkMargin = 300_000

/** A query's address must be shorter than 16,384 bytes (developer.salesforce.com, "API Request Limits"); longer ones are posted, as a job. */
const longestAddress = 15_000

const bulkPlace = z.strictObject({
  job: z.string(),
  /** Of the next part of the results; none: the first. */
  locator: z.string().optional(),
  upTo: z.string(),
})
const position = z.strictObject({
  /** What was changed before has been read; and of that time, records up to this id. */
  since: z.string().optional(),
  id: z.string().regex(/^\w+$/).optional(),
  bulk: bulkPlace.optional(),
})
type Position = z.infer<typeof position>
type Bulk = z.infer<typeof bulkPlace>
const doneState = z.strictObject({ done: z.literal(true) })

export async function salesforceStreams(client: ApiClient, settings: Settings, runtime: Runtime): Promise<ApiStream[]> {
  const streams: ApiStream[] = []
  for (const name of new Set(settings.objects))
    streams.push(await objectStream(new Querier(name, client, settings.api_version, runtime), settings, runtime))
  return streams
}

/** An object that may not be described is a stream still, which says so when it is read. */
async function objectStream(querier: Querier, settings: Settings, runtime: Runtime): Promise<ApiStream> {
  const known = await querier.describe().catch((thrown: unknown) => {
    if (thrown instanceof MillraceError && thrown.code === 'source-forbidden') return undefined
    throw thrown
  })
  const fields: Fields = known ?? { Id: ['text', 'Its id.'], SystemModstamp: ['time', 'When it was last changed.'] }
  const isIncremental = 'SystemModstamp' in fields
  return {
    name: querier.object,
    schema: recordSchema(fields),
    primaryKey: [['Id']],
    ...(isIncremental ? { cursorField: ['SystemModstamp'] } : {}),
    modes: isIncremental ? ['full-refresh', 'incremental'] : ['full-refresh'],
    ...('IsDeleted' in fields ? { tellsDeletes: true } : {}),
    resumable: true,
    permission: `the permission "View All Records" (or Read) for the object ${querier.object}, and "API Enabled"`,
    async *read(request) {
      await querier.describe()
      yield* new ObjectReader(querier, settings, runtime, request).read()
    },
  }
}

/** One read of one object: in full refresh ordered by id, of what is there; else by the time of change, deleted records too. */
class ObjectReader {
  private readonly querier: Querier
  private readonly settings: Settings
  private readonly runtime: Runtime
  private readonly request: StreamRequest
  private readonly isWhole: boolean

  constructor(querier: Querier, settings: Settings, runtime: Runtime, request: StreamRequest) {
    this.querier = querier
    this.settings = settings
    this.runtime = runtime
    this.request = request
    this.isWhole = request.mode === 'full-refresh'
  }

  async *read(): AsyncGenerator<StreamMessage> {
    const state = readState<Position | { done: true }>(this.isWhole ? z.union([position, doneState]) : position, this.request)
    if (state !== undefined && 'done' in state) return
    let at = state === undefined ? this.beginning() : this.goBack(state)
    const isLong = this.address(at).length > longestAddress
    let first = at.bulk === undefined && !isLong ? await this.query(at) : undefined
    const upTo = new Date(this.runtime.clock.now() - (isLong ? 0 : bulkMargin)).toISOString()
    const isLarge = first === undefined || first.total >= this.settings.bulk_from
    if (isLarge && (at.since === undefined || Date.parse(at.since) < Date.parse(upTo))) {
      at = at.bulk === undefined ? await this.beginBulk(at, upTo) : at
      while (at.bulk !== undefined) at = yield* this.readBulk(at, at.bulk)
      if (this.isWhole || isLong) return
      first = await this.query(at)
    }
    yield* this.readPages(at, first ?? (await this.query(at)))
  }

  /** The REST API's pages, each state the last record's time and id: results that are not kept any more are asked for anew from there. */
  private async *readPages(from: Position, first: Page): AsyncGenerator<StreamMessage> {
    let [at, page] = [from, first]
    for (;;) {
      yield* this.told(page.records)
      const last = page.records.at(-1)
      if (last !== undefined) at = { id: String(last.Id), ...(this.isWhole ? {} : { since: String(last.SystemModstamp) }) }
      const isLast = page.next === undefined
      yield { type: 'state', state: isLast && this.isWhole ? { done: true } : at }
      if (page.next === undefined) return
      page = (await unlessGone(this.querier.more(page.next))) ?? (await this.query(at))
    }
  }

  /** A job's results, in their parts. Gives where the read has come to: a new job, if this one's results are not kept any more. */
  private async *readBulk(from: Position, { job, locator, upTo }: Bulk): AsyncGenerator<StreamMessage, Position> {
    let place = locator
    for (;;) {
      const part = await unlessGone(this.querier.jobPart(job, place))
      if (part === undefined) {
        // Read whole, what has been told must not be told again.
        if (this.isWhole && place !== undefined) throw gone(`The results of the job ${job} are not kept any more.`)
        return this.beginBulk(without(from), upTo)
      }
      yield* this.told(part.records)
      place = part.locator
      const next: Position = place === undefined ? { since: upTo } : { ...from, bulk: { job, locator: place, upTo } }
      yield { type: 'state', state: place === undefined && this.isWhole ? { done: true } : next }
      if (place === undefined) return next
    }
  }

  private async beginBulk(at: Position, upTo: string): Promise<Position> {
    const until = this.isWhole ? [] : [`SystemModstamp < ${upTo}`]
    // Without an order, which would keep Salesforce from dividing the work (Bulk API 2.0, "How Requests Are Processed").
    const job = await this.querier.startJob([...this.conditions(at), ...until], !this.isWhole)
    return { ...at, bulk: { job, upTo } }
  }

  private query(at: Position): Promise<Page> {
    return this.querier.select(this.conditions(at), this.order(), !this.isWhole)
  }

  private address(at: Position): string {
    return encodeURIComponent(this.querier.soql(this.conditions(at), this.order()))
  }

  private order(): string {
    return this.isWhole ? 'Id' : 'SystemModstamp, Id'
  }

  private conditions({ since, id }: Position): string[] {
    const to = this.request.range?.to
    const until = to === undefined ? [] : [`SystemModstamp < ${literal(to)}`]
    if (this.isWhole) {
      const start = since === undefined ? [] : [`SystemModstamp >= ${literal(since)}`]
      return [...start, ...(id === undefined ? [] : [`Id > '${id}'`])]
    }
    if (since === undefined) return until
    const time = literal(since)
    return [
      id === undefined ? `SystemModstamp >= ${time}` : `(SystemModstamp > ${time} OR (SystemModstamp = ${time} AND Id > '${id}'))`,
      ...until,
    ]
  }

  private beginning(): Position {
    const since = this.request.range?.from ?? (this.querier.hasField('SystemModstamp') ? this.settings.start_date : undefined)
    return since === undefined ? {} : { since }
  }

  private goBack(state: Position): Position {
    const { since, bulk } = state
    const { lookback } = this.settings
    if (this.isWhole || bulk !== undefined || since === undefined || lookback === 0) return state
    // Without an id, so that all of that time is read again.
    return { since: new Date(Date.parse(since) - lookback * 1000).toISOString() }
  }

  private *told(records: readonly JsonObject[]): Generator<StreamMessage> {
    const keys = records.flatMap(({ Id, IsDeleted }) => (IsDeleted === true ? [{ Id: Id! }] : []))
    yield { type: 'records', records: records.filter(({ IsDeleted }) => IsDeleted !== true) }
    if (keys.length > 0) yield { type: 'deletes', keys }
  }
}

function without({ bulk: _bulk, ...rest }: Position): Position {
  return rest
}

/** A time as SOQL writes it. */
function literal(time: string): string {
  return new Date(time).toISOString()
}
