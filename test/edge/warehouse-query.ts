import { createClickHouse } from '#desktop/host/clickhouse.ts'
import { queryRows } from '#core/warehouse/port.ts'

/** Rows of a SELECT, over a connection of its own. */
export async function select<Row = Record<string, any>>(
  warehouse: { url: string; user: string; password: string },
  sql: string,
): Promise<Row[]> {
  const client = createClickHouse(warehouse)
  try {
    return await queryRows<Row>(client, sql)
  } finally {
    await client.close()
  }
}
