import type { Definition, SqlText } from '../stack/stack.ts'
import type { ModelConfig } from '../stack/schema.ts'
import { queryRows, type TableName, type Warehouse } from '../warehouse/port.ts'
import { tableIdentifier } from '../warehouse/sql.ts'
import { modelTable } from './compile.ts'

/**
 * Puts a model into the warehouse. The new one is made whole beside the old and swapped in with one
 * statement (EXCHANGE TABLES; CREATE OR REPLACE VIEW does the same within): a reader sees the old or
 * the new, and a build that fails leaves the old. Returns the rows of a table.
 */
export async function materialize(
  warehouse: Warehouse,
  model: Definition<ModelConfig & SqlText>,
  sql: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const target = modelTable(model.name)
  const engine = await engineOf(warehouse, target, signal)
  if (model.content.materialized === 'view') {
    if (engine === undefined || engine === 'View')
      await warehouse.command(`CREATE OR REPLACE VIEW ${tableIdentifier(target)} AS\n${sql}\n`, { signal })
    else await swapIn(warehouse, target, true, (building) => `CREATE VIEW ${building} AS\n${sql}\n`, signal)
    return undefined
  }
  const key = model.content.order_by ?? []
  const storage = `ENGINE = MergeTree ORDER BY (${key.join(', ') || 'tuple()'}) SETTINGS allow_nullable_key = 1`
  await swapIn(warehouse, target, engine !== undefined, (building) => `CREATE TABLE ${building} ${storage} AS\n${sql}\n`, signal)
  const [counted] = await queryRows<{ rows: string }>(warehouse, `SELECT count() AS rows FROM ${tableIdentifier(target)}`, { signal })
  return Number(counted!.rows)
}

async function swapIn(
  warehouse: Warehouse,
  target: TableName,
  exists: boolean,
  create: (building: string) => string,
  signal: AbortSignal,
): Promise<void> {
  // No model can have this name: names begin with a letter.
  const building = tableIdentifier({ ...target, table: `_building_${target.table}` })
  const name = tableIdentifier(target)
  await warehouse.command(`DROP TABLE IF EXISTS ${building}`, { signal })
  try {
    await warehouse.command(create(building), { signal })
    await warehouse.command(exists ? `EXCHANGE TABLES ${building} AND ${name}` : `RENAME TABLE ${building} TO ${name}`, { signal })
  } finally {
    // The old one after a swap, or what a failed build has left. The next build drops it too, should this fail.
    await warehouse.command(`DROP TABLE IF EXISTS ${building}`).catch(() => undefined)
  }
}

async function engineOf(warehouse: Warehouse, name: TableName, signal: AbortSignal): Promise<string | undefined> {
  const sql = 'SELECT engine FROM system.tables WHERE database = {database:String} AND name = {table:String}'
  const [found] = await queryRows<{ engine: string }>(warehouse, sql, { params: { ...name }, signal })
  return found?.engine
}
