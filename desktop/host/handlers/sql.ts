import type { Handlers } from '#core/host/dispatch.ts'
import { MillraceError } from '#core/lib/error.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { literal } from '#core/warehouse/sql.ts'
import type { HostContext } from '../host-context.ts'
import { runSql } from '../sql-run.ts'

export function sqlHandlers(host: HostContext): Pick<Handlers, 'sql.run' | 'sql.cancel' | 'sql.schema'> {
  const running = new Map<string, AbortController>()
  return {
    async 'sql.run'({ sql, queryId, limit }) {
      if (sql.trim() === '') throw new MillraceError({ code: 'empty-sql', fault: 'config', message: 'There is no statement to run.' })
      if (running.has(queryId)) {
        throw new MillraceError({
          code: 'query-id-taken',
          fault: 'config',
          message: `A statement with the id ${queryId} is still running.`,
        })
      }
      const abort = new AbortController()
      running.set(queryId, abort)
      try {
        return await runSql(host.warehouse, { sql, queryId, limit, signal: AbortSignal.any([host.signal, abort.signal]) })
      } finally {
        running.delete(queryId)
      }
    },
    async 'sql.cancel'({ queryId }) {
      // Closing the connection ends it for us; the server must be told, or it would work on.
      running.get(queryId)?.abort()
      await host.warehouse.command(`KILL QUERY WHERE query_id = ${literal(queryId)} ASYNC`, { signal: host.signal })
      return {}
    },
    async 'sql.schema'() {
      await host.tables().catch(() => {})
      return { tables: await readSchema(host) }
    },
  }
}

interface TableRow {
  database: string
  name: string
  engine: string
  rows: string | null
  columns: [name: string, type: string][]
}

async function readSchema(host: HostContext) {
  // Two passes over system tables instead of a join: each is answered from memory.
  const options = { signal: host.signal }
  const visible = `database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')`
  const [tables, columns] = await Promise.all([
    queryRows<TableRow>(
      host.warehouse,
      `SELECT database, name, engine, total_rows AS rows FROM system.tables
       WHERE ${visible} AND NOT is_temporary AND NOT startsWith(name, '.inner') ORDER BY database, name`,
      options,
    ),
    queryRows<{ database: string; table: string; columns: [string, string][] }>(
      host.warehouse,
      `SELECT database, table, groupArray((name, type)) AS columns
       FROM (SELECT database, table, name, type FROM system.columns WHERE ${visible} ORDER BY database, table, position)
       GROUP BY database, table`,
      options,
    ),
  ])
  const byTable = new Map(columns.map((row) => [`${row.database}.${row.table}`, row.columns]))
  return tables.map((table) => ({
    database: table.database,
    table: table.name,
    kind: table.engine.endsWith('View') ? ('view' as const) : ('table' as const),
    ...(table.rows === null ? {} : { rows: Number(table.rows) }),
    columns: (byTable.get(`${table.database}.${table.name}`) ?? []).map(([name, type]) => ({ name, type })),
  }))
}
