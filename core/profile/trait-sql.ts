import { MillraceError } from '../lib/error.ts'
import { compileFrom, compileSql, placeInFile, sqlError } from '../model/compile.ts'
import type { TraitFile } from '../stack/schema.ts'
import type { Definition, Stack, TraitDefinition } from '../stack/stack.ts'
import { describeQuery } from '../warehouse/json.ts'
import type { Warehouse } from '../warehouse/port.ts'
import { identifier } from '../warehouse/sql.ts'

/** A trait as SQL: one row an entity that has a value, columns `id String` and `value`. */
export interface CompiledTrait {
  sql: string
  /** ClickHouse's type of `value`. */
  type: string
}

/** Compiles a trait and asks the warehouse for its type. Throws `unknown-ref`, `invalid-sql` with the trait's file and line. */
export async function compileTrait(
  warehouse: Warehouse,
  stack: Stack,
  trait: Definition<TraitDefinition>,
  signal: AbortSignal,
): Promise<CompiledTrait> {
  const { content, path } = trait
  try {
    const sql = await selectOf(warehouse, stack, trait, signal)
    const columns = await describeQuery(warehouse, sql, { signal })
    return { sql, type: columns.find(({ name }) => name === 'value')!.type }
  } catch (thrown) {
    throw sqlError(thrown, { file: path }, content.form === 'sql' ? content : undefined)
  }
}

async function selectOf(warehouse: Warehouse, stack: Stack, trait: Definition<TraitDefinition>, signal: AbortSignal): Promise<string> {
  const { content, path } = trait
  if (content.form === 'sql') {
    const sql = compileSql(stack, content.sql, placeInFile(path, content))
    const columns = (await describeQuery(warehouse, `\n${sql}\n`, { signal })).map(({ name }) => name)
    const missing = ['id', 'value'].find((name) => !columns.includes(name))
    if (missing !== undefined) throw missingColumn(path, missing, columns)
    return sqlTraitSql(sql)
  }
  const from = compileFrom(stack, content.trait.from, { file: path, ...trait.places.from, field: 'from' })
  const value = 'value' in content.trait ? content.trait.value : undefined
  const input = value && (await describeQuery(warehouse, `SELECT ${value} AS __value FROM ${from}`, { signal }))[0]?.type
  return traitSql(content.trait, { from, ...(input === undefined ? {} : { valueType: input }) })
}

/** Wraps a trait's own SELECT. It begins on line 2, so that the engine's line numbers can be led back to the file. */
export function sqlTraitSql(sql: string): string {
  return `SELECT ifNull(__id, '') AS id, __value AS value FROM (SELECT toString(id) AS __id, value AS __value FROM (\n${sql}\n)) WHERE __id != '' AND __value IS NOT NULL`
}

export interface TraitSqlOptions {
  /** What stands after FROM, references already replaced. */
  from: string
  /** ClickHouse's type of the trait's `value`, where it has one. */
  valueType?: string
  /** SQL of the moment that the window ends at. */
  now?: string
}

/**
 * A typed trait as SQL. Rows whose id is NULL or empty belong to nobody; a NULL value counts for
 * nothing, and an entity without any value is left out. Ties (`first`, `last`, `most_frequent`) fall
 * to the smaller value, `last` to the greater, so that the same rows always give the same trait.
 */
export function traitSql(trait: TraitFile, options: TraitSqlOptions): string {
  const timed = trait.window !== undefined || trait.type === 'first' || trait.type === 'last'
  const value = 'value' in trait ? valueExpression(trait.type, trait.value, options.valueType) : undefined
  const id = expression(trait.id)
  const time = expression(trait.timestamp)
  const columns = [`toString(${id}) AS __id`, value && `${value} AS __value`, timed && `${time} AS __at`].filter(Boolean)
  const conditions = [
    `${id} IS NOT NULL`,
    trait.where && `(${trait.where}\n)`,
    trait.window && `${time} >= ${options.now ?? 'now64(3)'} - INTERVAL ${interval(trait.window)}`,
  ].filter(Boolean)
  const rows = `SELECT ${columns.join(', ')}\n  FROM ${options.from}\n  WHERE ${conditions.join('\n    AND ')}`
  const filters = ["__id != ''", value && '__value IS NOT NULL', timed && '__at IS NOT NULL'].filter(Boolean).join(' AND ')
  if (trait.type === 'most_frequent') {
    const counted = `SELECT __id, __value, count() AS __count\nFROM (\n  ${rows}\n)\nWHERE ${filters}\nGROUP BY __id, __value`
    return `SELECT ifNull(__id, '') AS id, argMin(__value, (-__count, toString(__value))) AS value\nFROM (\n${counted}\n)\nGROUP BY __id`
  }
  return `SELECT ifNull(__id, '') AS id, ${aggregates[trait.type]} AS value\nFROM (\n  ${rows}\n)\nWHERE ${filters}\nGROUP BY __id`
}

const aggregates: Record<Exclude<TraitFile['type'], 'most_frequent'>, string> = {
  count: 'count()',
  exists: 'true',
  sum: 'sum(__value)',
  average: 'avg(__value)',
  min: 'min(__value)',
  max: 'max(__value)',
  count_distinct: 'uniqExact(__value)',
  first: 'argMin(__value, (__at, toString(__value)))',
  last: 'argMax(__value, (__at, toString(__value)))',
}

/** Values of a type that can be many types are read as text; text that is to be added up, as numbers. */
function valueExpression(type: TraitFile['type'], value: string, valueType: string | undefined): string {
  const raw = `(${value}\n)`
  if (valueType === undefined) return raw
  const bare = valueType.replace(/^(LowCardinality\(|Nullable\()+/, '')
  const numeric = /^(U?Int|Float|BFloat|Decimal|Bool)/.test(bare)
  if ((type === 'sum' || type === 'average') && !numeric) return `toFloat64OrNull(toString(${raw}))`
  return /^(Dynamic|Variant|JSON|Object)/.test(bare) ? `toString(${raw})` : raw
}

/** `30 days` as ClickHouse's `30 DAY`. */
function interval(window: string): string {
  const [amount, unit] = window.split(' ')
  return `${amount} ${unit!.replace(/s$/, '').toUpperCase()}`
}

/** A column's name, quoted, or an expression as it stands. */
function expression(text: string): string {
  return /^\w+$/.test(text) ? identifier(text) : `(${text})`
}

function missingColumn(file: string, missing: string, columns: readonly string[]): MillraceError {
  return new MillraceError({
    code: 'invalid-sql',
    fault: 'config',
    message: `The SELECT has no column "${missing}"; it has: ${columns.join(', ')}.`,
    at: { file },
    mend: 'A trait returns the columns id (which entity) and value.',
  })
}
