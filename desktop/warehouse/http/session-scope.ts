import { literal, identifier } from '#core/warehouse/sql.ts'
import type { Connection } from '../engine/connection.ts'
import type { Context } from '../engine/context.ts'
import { rowsOf } from '../engine/engine.ts'
import { ClickHouseFailure } from '../engine/failure.ts'
import type { Statement } from '../engine/statement.ts'

/**
 * A request's database and settings are for its one statement, also within a session; what the statement itself
 * sets stays. Returns what puts the session back.
 */
export async function keepSession(connection: Connection, context: Context): Promise<() => Promise<void>> {
  const names = context.settings.map(([name]) => name)
  const before =
    names.length === 0
      ? []
      : await rowsOf<{ name: string; value: string; changed: number }>(
          connection,
          `SELECT name, value, changed FROM system.settings WHERE name IN (${names.map(literal).join(', ')})`,
        )
  const [current] = context.database === undefined ? [] : await rowsOf<{ name: string }>(connection, 'SELECT currentDatabase() AS name')
  return async () => {
    for (const { name, value, changed } of before) {
      await connection.query(`SET ${name} = ${changed === 1 ? literal(value) : 'DEFAULT'}`).catch(() => undefined)
    }
    if (current !== undefined) await connection.query(`USE ${identifier(current.name)}`).catch(() => undefined)
  }
}

const reading = new Set(['SELECT', 'WITH', 'FROM', '(', 'SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'EXPLAIN', 'CHECK', 'SET', 'USE'])

/** GET may not write. In a session this is checked here: the engine's `readonly` could not be taken back. */
export function refuseWriting({ verb }: Statement): void {
  if (!reading.has(verb))
    throw new ClickHouseFailure(
      164,
      'READONLY',
      'Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries.',
    )
}
