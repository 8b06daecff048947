import type { ApiClient } from '../../connector/api-client.ts'
import { isObject, objectsOf } from '../../connector/api-source.ts'
import type { FieldType, Fields } from '../../connector/record-schema.ts'
import type { Json, JsonObject } from '../../lib/json.ts'

/** Types of properties (developers.hubspot.com/docs/api-reference/crm-properties-v3/guide); all others are text. */
const types: Record<string, FieldType> = { bool: 'boolean', date: 'date', datetime: 'time', number: 'number' }

export interface Filter {
  propertyName: string
  operator: 'EQ' | 'GT' | 'GTE'
  value: string
}

export interface Page {
  records: JsonObject[]
  /** The place of the next page; undefined at the end. */
  after: string | undefined
}

/** One type of objects of an account: its properties, and its records with them and with what they are associated with. */
export class CrmObject {
  readonly name: string
  /** The property with the time of the last change (developers.hubspot.com/docs/api-reference/search/guide): contacts have one of their own. */
  readonly cursor: string
  private readonly client: ApiClient
  private readonly chosen: readonly string[] | undefined
  private readonly associated: readonly string[]
  private readonly pageSize: number
  private known: Map<string, JsonObject> | undefined

  constructor(
    name: string,
    client: ApiClient,
    settings: { properties: Record<string, string[]>; associations: Record<string, string[]>; page_size: number },
  ) {
    this.name = name
    this.cursor = name === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate'
    this.client = client
    this.chosen = settings.properties[name]
    this.associated = settings.associations[name] ?? []
    this.pageSize = settings.page_size
  }

  /** The columns of its records; throws where the account does not let its properties be seen. */
  async fields(): Promise<Fields> {
    const properties = [...(await this.properties()).values()].map((property): [string, readonly [FieldType, string]] => {
      const words = [property.label, property.description].filter((text) => typeof text === 'string' && text.trim() !== '')
      return [String(property.name), [types[String(property.type)] ?? 'text', words.join(': ') || String(property.name)]]
    })
    return { ...Object.fromEntries(properties), ...this.ownFields() }
  }

  /** Columns that every object has, whatever its properties. */
  ownFields(): Fields {
    return {
      id: ['text', 'Its id.'],
      createdAt: ['time', 'When it was made.'],
      updatedAt: ['time', 'When it was last changed.'],
      archived: ['boolean', 'It was deleted.'],
      ...Object.fromEntries(
        this.associated.map((other) => [associationField(other), ['texts', `Ids of the ${other} it is associated with.`] as const]),
      ),
    }
  }

  /** At most a page of those that fulfil all filters, by the property. */
  async search(filters: readonly Filter[], sortedBy: string): Promise<Page> {
    const body = {
      filterGroups: [{ filters: filters.map((filter) => ({ ...filter })) }],
      sorts: [{ propertyName: sortedBy, direction: 'ASCENDING' }],
      properties: await this.propertyNames(),
      limit: this.pageSize,
    }
    const { json } = await this.client.post(`/crm/v3/objects/${this.name}/search`, body)
    return this.page(json, objectsOf(isObject(json) ? json.results : undefined))
  }

  /** A page of all, by id: first which there are, then what they hold, since the properties may be more than an address holds. */
  async list(after: string | undefined): Promise<Page> {
    const { json } = await this.client.get(`/crm/v3/objects/${this.name}`, { limit: this.pageSize, after })
    const inputs = objectsOf(isObject(json) ? json.results : undefined).map(({ id }) => ({ id: id! }))
    if (inputs.length === 0) return { records: [], after: nextOf(json) }
    const read = await this.client.post(`/crm/v3/objects/${this.name}/batch/read`, { properties: await this.propertyNames(), inputs })
    return this.page(json, objectsOf(isObject(read.json) ? read.json.results : undefined))
  }

  /** A page of those deleted within the last 90 days: ids and times. */
  async archived(after: string | undefined): Promise<Page> {
    const { json } = await this.client.get(`/crm/v3/objects/${this.name}`, { archived: true, limit: this.pageSize, after })
    return { records: objectsOf(isObject(json) ? json.results : undefined), after: nextOf(json) }
  }

  private async page(json: Json, results: readonly JsonObject[]): Promise<Page> {
    const records = await Promise.all(results.map((result) => this.record(result)))
    for (const other of this.associated) await this.associate(records, other)
    return { records, after: nextOf(json) }
  }

  /** Properties as columns, typed as the account declares them: the API has them all as text. */
  private async record({ id, properties, createdAt, updatedAt, archived }: JsonObject): Promise<JsonObject> {
    const known = await this.properties()
    const values = Object.entries(isObject(properties) ? properties : {}).map(([name, value]): [string, Json] => [
      name,
      typedValue(value, known.get(name)?.type),
    ])
    return {
      ...Object.fromEntries(values),
      id: id!,
      createdAt: createdAt ?? null,
      updatedAt: updatedAt ?? null,
      archived: archived === true,
    }
  }

  /** Adds the ids of the others (developers.hubspot.com/docs/api-reference/crm-associations-v4/guide): the many of one record come in pages. */
  private async associate(records: readonly JsonObject[], other: string): Promise<void> {
    const ids = new Map(records.map(({ id }) => [String(id), [] as string[]]))
    let inputs: JsonObject[] = [...ids.keys()].map((id) => ({ id }))
    while (inputs.length > 0) {
      const { json } = await this.client.post(`/crm/v4/associations/${this.name}/${other}/batch/read`, { inputs })
      const results = objectsOf(isObject(json) ? json.results : undefined)
      inputs = []
      for (const { from, to, paging } of results) {
        const id = isObject(from) ? String(from.id) : ''
        ids.get(id)?.push(...objectsOf(to).map(({ toObjectId }) => String(toObjectId)))
        const after = nextOf({ paging: paging ?? null })
        if (after !== undefined) inputs.push({ id, after })
      }
    }
    for (const record of records) record[associationField(other)] = [...new Set(ids.get(String(record.id)))]
  }

  private async propertyNames(): Promise<string[]> {
    return [...(await this.properties()).keys()]
  }

  private async properties(): Promise<ReadonlyMap<string, JsonObject>> {
    if (this.known !== undefined) return this.known
    const { json } = await this.client.get(`/crm/v3/properties/${this.name}`)
    const all = objectsOf(isObject(json) ? json.results : undefined)
    const isChosen = (name: string) => this.chosen === undefined || this.chosen.includes(name) || name === this.cursor
    return (this.known = new Map(all.filter(({ name }) => isChosen(String(name))).map((property) => [String(property.name), property])))
  }
}

function associationField(other: string): string {
  return `associated_${other}`
}

/** The `after` of the next page. */
export function nextOf(json: Json): string | undefined {
  const paging = isObject(json) ? json.paging : undefined
  const next = isObject(paging) ? paging.next : undefined
  return isObject(next) && typeof next.after === 'string' ? next.after : undefined
}

/** Times come as ISO 8601, of old properties as milliseconds since 1970; a value that is none of its type is left as it is. */
function typedValue(value: Json, type: Json | undefined): Json {
  if (typeof value !== 'string' || types[String(type)] === undefined) return value
  if (value === '') return null
  if (type === 'number') return Number.isFinite(Number(value)) ? Number(value) : value
  if (type === 'bool') return value === 'true' ? true : value === 'false' ? false : value
  const time = /^-?\d+$/.test(value) ? new Date(Number(value)) : undefined
  if (time === undefined || Number.isNaN(time.getTime())) return value
  return type === 'date' ? time.toISOString().slice(0, 10) : time.toISOString()
}
