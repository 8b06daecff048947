import { parse } from 'csv-parse/browser/esm/sync'
import { type ApiClient, gone } from '../../connector/api-client.ts'
import { isObject, objectsOf } from '../../connector/api-source.ts'
import type { Answer } from '../../connector/json-request.ts'
import type { FieldType, Fields } from '../../connector/record-schema.ts'
import { MillraceError } from '../../lib/error.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { Runtime } from '../../lib/runtime.ts'

/** Field types (Object Reference, "Field Types"); all others are text. Money and percents are numbers. */
const types: Record<string, FieldType> = {
  boolean: 'boolean',
  currency: 'number',
  date: 'date',
  datetime: 'time',
  double: 'number',
  int: 'integer',
  long: 'integer',
  percent: 'number',
}

/** Not for the Bulk API (its "Considerations"); the parts of an address or a location are fields of their own. */
const left = new Set(['address', 'location', 'base64', 'complexvalue'])

export interface Page {
  records: JsonObject[]
  /** How many records the query found in all. */
  total: number
  /** Where the next page is; undefined at the end. */
  next: string | undefined
}

export interface JobPart {
  records: JsonObject[]
  locator: string | undefined
}

/** The longest pause between two questions whether a job is done, in milliseconds. */
const longestPause = 30_000

/** Queries for one object with all of its fields, by the REST API and by jobs of the Bulk API 2.0. */
export class Querier {
  readonly object: string
  private readonly client: ApiClient
  private readonly base: string
  private readonly runtime: Runtime
  private kinds: ReadonlyMap<string, string> | undefined

  constructor(object: string, client: ApiClient, version: string, runtime: Runtime) {
    this.object = object
    this.client = client
    this.base = `/services/data/v${version}`
    this.runtime = runtime
  }

  /** The fields of the object that the user may read; to be called before any query. */
  async describe(): Promise<Fields> {
    const { json } = await this.client.get(`${this.base}/sobjects/${this.object}/describe`)
    const all = objectsOf(isObject(json) ? json.fields : undefined).filter(({ type }) => !left.has(String(type)))
    this.kinds = new Map(all.map(({ name, type }) => [String(name), String(type)]))
    return Object.fromEntries(
      all.map(({ name, type, label, inlineHelpText }) => {
        const words = [label, inlineHelpText].filter((text) => typeof text === 'string' && text !== '')
        return [String(name), [types[String(type)] ?? 'text', words.join(': ') || String(name)] as const]
      }),
    )
  }

  hasField(name: string): boolean {
    return this.kinds?.has(name) === true
  }

  soql(conditions: readonly string[], order?: string): string {
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
    return `SELECT ${[...(this.kinds ?? new Map()).keys()].join(', ')} FROM ${this.object}${where}${order === undefined ? '' : ` ORDER BY ${order}`}`
  }

  /** The first page of a query; with deleted records too, if they are asked for. */
  async select(conditions: readonly string[], order: string, withDeleted: boolean): Promise<Page> {
    const { json } = await this.client.get(`${this.base}/${withDeleted ? 'queryAll' : 'query'}`, { q: this.soql(conditions, order) })
    return this.page(json)
  }

  async more(next: string): Promise<Page> {
    return this.page((await this.client.get(next)).json)
  }

  /** The id of a new job. */
  async startJob(conditions: readonly string[], withDeleted: boolean): Promise<string> {
    const body = { operation: withDeleted ? 'queryAll' : 'query', query: this.soql(conditions) }
    const { json } = await this.client.post(`${this.base}/jobs/query`, body)
    if (isObject(json) && typeof json.id === 'string') return json.id
    throw failed('The answer has no job where the API documents one.')
  }

  /** A part of a job's results, which is waited for. */
  async jobPart(job: string, locator: string | undefined): Promise<JobPart> {
    const path = `${this.base}/jobs/query/${job}`
    if (locator === undefined) await this.completed(path)
    const { headers, text } = await this.client.send({
      path: `${path}/results`,
      query: { maxRecords: 10_000, locator },
      headers: { accept: 'text/csv' },
      isWhole: (answer) => countOf(answer) === Math.max(0, rowsOf(answer.text).length - 1),
    })
    const next = headers.get('sforce-locator')
    const [names = [], ...rows] = rowsOf(text)
    const records = rows.map((row) => this.record(Object.fromEntries(names.map((name, place) => [name, row[place] || null]))))
    return { records, locator: next === null || next === 'null' ? undefined : next }
  }

  private async completed(path: string): Promise<void> {
    for (let pause = 1000; ; pause = Math.min(pause * 2, longestPause)) {
      const { json } = await this.client.get(path)
      const { state, errorMessage } = isObject(json) ? json : {}
      if (state === 'JobComplete') return
      if (state === 'Aborted') throw gone('The job was aborted.')
      if (state === 'Failed') throw failed(`The job failed: ${String(errorMessage)}`)
      await this.runtime.clock.sleep(pause, this.runtime.signal)
    }
  }

  private page(json: Json): Page {
    const { records, totalSize, nextRecordsUrl } = isObject(json) ? json : {}
    return {
      records: objectsOf(records).map(({ attributes: _attributes, ...record }) => this.record(record)),
      total: Number(totalSize),
      next: typeof nextRecordsUrl === 'string' ? nextRecordsUrl : undefined,
    }
  }

  /** Values as their fields declare them, alike from both APIs: one has times with +0000, the other all as text. */
  private record(record: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, typedValue(value, types[this.kinds?.get(name) ?? ''])]))
  }
}

function typedValue(value: Json, type: FieldType | undefined): Json {
  if (typeof value !== 'string' || type === undefined) return value
  if (type === 'boolean') return value === 'true'
  if (type === 'number' || type === 'integer') return Number.isFinite(Number(value)) ? Number(value) : value
  const time = type === 'time' ? new Date(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')) : undefined
  return time === undefined || Number.isNaN(time.getTime()) ? value : time.toISOString()
}

/** CSV of the Bulk API, its first row the names of the fields; a text that is none has no rows. */
function rowsOf(text: string): string[][] {
  try {
    return parse(text, { relax_column_count: true })
  } catch {
    return []
  }
}

/** How many records an answer says it has (Bulk API 2.0, "Get Results for a Query Job"). */
function countOf({ headers }: Answer): number {
  return Number(headers.get('sforce-numberofrecords') ?? Number.NaN)
}

function failed(message: string): MillraceError {
  return new MillraceError({ code: 'source-refused', fault: 'system', message })
}
