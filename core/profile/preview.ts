import type { Runtime } from '../lib/runtime.ts'
import { sqlError } from '../model/compile.ts'
import type { Stack } from '../stack/stack.ts'
import { jsonExpression, jsonSettings } from '../warehouse/json.ts'
import { queryRows, type Warehouse } from '../warehouse/port.ts'
import { findTrait } from './find-trait.ts'
import { compileTrait } from './trait-sql.ts'

export interface TraitPreview {
  sql: string
  rows: { id: string; value: unknown }[]
  entities: number
  /** The most frequent values, or ranges of a number. */
  distribution: { value: string; count: number }[]
}

export interface TraitPreviewRequest {
  stack: Stack
  name: string
  limit: number
  warehouse: Warehouse
  runtime: Runtime
}

/** More values than this and a number is shown in ranges. */
const maxBars = 12

/** Computes a trait without storing it. Throws `unknown-trait`, `unknown-ref`, `invalid-sql` with the trait's file. */
export async function previewTrait(request: TraitPreviewRequest): Promise<TraitPreview> {
  const { stack, warehouse, runtime } = request
  const trait = findTrait(stack, request.name)
  const { sql, type } = await compileTrait(warehouse, stack, trait, runtime.signal)
  const query = async <Row>(text: string): Promise<Row[]> => {
    try {
      return await queryRows<Row>(warehouse, text, { signal: runtime.signal, settings: jsonSettings })
    } catch (thrown) {
      throw sqlError(thrown, { file: trait.path }, trait.content.form === 'sql' ? trait.content : undefined)
    }
  }
  const limit = Math.max(1, Math.floor(request.limit))
  const rows = await query<{ id: string; json: string }>(
    `SELECT id, ${jsonExpression('value', type)} AS json FROM (${sql}) ORDER BY id LIMIT ${limit}`,
  )
  const [summary] = await query<{ entities: number; values: number }>(
    `SELECT count() AS entities, uniqExact(value) AS values FROM (${sql})`,
  )
  const { entities, values } = summary!
  const numeric = /^(LowCardinality\()?(Nullable\()?(U?Int|Float|Decimal)/.test(type)
  return {
    sql,
    rows: rows.map(({ id, json }) => ({ id, value: JSON.parse(json) as unknown })),
    entities,
    distribution: numeric && values > maxBars ? await ranges(query, sql) : await mostFrequent(query, sql),
  }
}

type Query = <Row>(sql: string) => Promise<Row[]>

async function mostFrequent(query: Query, sql: string): Promise<TraitPreview['distribution']> {
  return query(`SELECT toString(value) AS value, count() AS count FROM (${sql}) GROUP BY value ORDER BY count DESC, value LIMIT ${maxBars}`)
}

async function ranges(query: Query, sql: string): Promise<TraitPreview['distribution']> {
  const numbers = `SELECT toFloat64(value) AS number FROM (${sql})`
  const [span] = await query<{ low: number; high: number }>(
    `SELECT min(number) AS low, max(number) AS high FROM (${numbers}) WHERE isFinite(number)`,
  )
  const step = niceStep((span!.high - span!.low) / 10)
  const first = Math.floor(span!.low / step)
  const bars = await query<{ bar: number; count: number }>(
    `SELECT toInt64(floor(number / ${step})) AS bar, count() AS count FROM (${numbers}) WHERE isFinite(number) GROUP BY bar ORDER BY bar`,
  )
  const counts = new Map(bars.map(({ bar, count }) => [bar, count]))
  const last = Math.floor(span!.high / step)
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const bar = first + index
    return { value: `${tidy(bar * step)} to ${tidy((bar + 1) * step)}`, count: counts.get(bar) ?? 0 }
  })
}

/** The next of 1, 2, 5 times a power of ten. */
function niceStep(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width))
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= width) ?? 10
  return factor * power
}

function tidy(value: number): string {
  return String(Number(value.toPrecision(6)))
}
