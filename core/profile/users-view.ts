import type { Stack } from '../stack/stack.ts'
import { queryRows, type Warehouse } from '../warehouse/port.ts'
import { identifier, literal, tableIdentifier } from '../warehouse/sql.ts'
import { traits, traitTypes } from './tables.ts'

/** A computed trait as a column: its type, and what an entity without a value has. */
export interface TraitColumn {
  name: string
  type: string
  missing?: string
}

/**
 * Brings the profile views (`profiles.users`; for another entity its plural) to the traits of the
 * stack: one row an entity, a typed column a trait. A trait that was never computed has no column yet.
 */
export async function replaceProfileViews(warehouse: Warehouse, stack: Stack, signal: AbortSignal): Promise<void> {
  const types = await queryRows<{ entity: string; trait: string; type: string }>(
    warehouse,
    `SELECT entity, trait, type FROM ${tableIdentifier(traitTypes.name)} FINAL`,
    { signal },
  )
  const entities = new Set(['user', ...stack.traits.map(({ content }) => content.trait.entity)])
  const userColumns = await queryRows<{ name: string }>(
    warehouse,
    "SELECT name FROM system.columns WHERE database = 'events' AND table = 'users' ORDER BY position",
    { signal },
  )
  for (const entity of entities) {
    const columns = stack.traits.flatMap(({ name, content }): TraitColumn[] => {
      const type = types.find((row) => row.entity === entity && row.trait === name)?.type
      if (type === undefined || content.trait.entity !== entity) return []
      const missing = content.form === 'typed' ? missingValues[content.trait.type] : undefined
      return [{ name, type, ...(missing === undefined ? {} : { missing }) }]
    })
    const select = profileSelect(entity, columns, entity === 'user' ? userColumns.map(({ name }) => name) : [])
    await warehouse.command(`CREATE OR REPLACE VIEW ${tableIdentifier({ database: 'profiles', table: `${entity}s` })} AS ${select}`, {
      signal,
    })
  }
}

/** Who has no rows has none of them: that is a value, not a gap. */
const missingValues: Partial<Record<string, string>> = { count: '0', count_distinct: '0', exists: 'false' }

/**
 * The SELECT of a profile view.
 * @param known columns of `events.users`, what users said of themselves; a trait of the same name takes its place
 */
export function profileSelect(entity: string, columns: readonly TraitColumn[], known: readonly string[]): string {
  const ofTraits = new Set(columns.map(({ name }) => name))
  const ownId = `${entity}_id`
  const reserved = new Set(['id', ownId, 'received_at'])
  const said = known.includes('id') ? known.filter((name) => !reserved.has(name) && !ofTraits.has(name)) : []
  const table = tableIdentifier(traits.name)
  const condition = `entity = ${literal(entity)}`
  const pivot = columns.map(({ name, type }) => `anyIf(${readValue(type)}, trait = ${literal(name)}) AS ${identifier(name)}`)
  const ids = [
    `SELECT id FROM ${table} WHERE ${condition}`,
    ...(known.includes('id') ? ["SELECT ifNull(toString(id), '') AS id FROM events.users"] : []),
  ]
  const selected = [
    `ids.id AS id`,
    `ids.id AS ${identifier(ownId)}`,
    ...said.map((name) => `said.${identifier(name)} AS ${identifier(name)}`),
    ...columns
      .filter(({ name }) => !reserved.has(name))
      .map(({ name, missing }) => {
        const column = `computed.${identifier(name)}`
        return `${missing === undefined ? column : `ifNull(${column}, ${missing})`} AS ${identifier(name)}`
      }),
  ]
  return [
    `SELECT ${selected.join(', ')}`,
    `FROM (SELECT DISTINCT id FROM (${ids.join(' UNION ALL ')}) WHERE id != '') AS ids`,
    known.includes('id') && `LEFT JOIN (SELECT ifNull(toString(id), '') AS __id, * FROM events.users) AS said ON said.__id = ids.id`,
    `LEFT JOIN (SELECT ${['id', ...pivot].join(', ')} FROM ${table} WHERE ${condition} GROUP BY id) AS computed ON computed.id = ids.id`,
    'SETTINGS join_use_nulls = 1',
  ]
    .filter(Boolean)
    .join(' ')
}

/** Reads a trait's JSON back as the type it was computed with; NULL where it does not fit (it has just changed its type). */
function readValue(type: string): string {
  const bare = /^(?:LowCardinality\()?(?:Nullable\()?(.*?)\)*$/.exec(type)![1]!
  if (/^(Array|Map|Tuple|Nested)/.test(type)) return `JSONExtract(value, ${literal(type)})`
  const plain = balance(bare)
  const time = /^DateTime(?:64\((\d))?/.exec(plain)
  if (time !== null) return `parseDateTime64BestEffortOrNull(JSONExtractString(value), ${time[1] ?? '0'}, 'UTC')`
  if (plain.startsWith('Enum')) return "JSONExtract(value, 'Nullable(String)')"
  if (/^(Dynamic|Variant|JSON|Object)/.test(plain)) return "JSONExtract(value, 'Nullable(String)')"
  return `JSONExtract(value, ${literal(`Nullable(${plain})`)})`
}

/** Closes the brackets that belong to the type itself: `Decimal(18, 2` is `Decimal(18, 2)`. */
function balance(type: string): string {
  const open = type.split('(').length - type.split(')').length
  return type + ')'.repeat(Math.max(0, open))
}
