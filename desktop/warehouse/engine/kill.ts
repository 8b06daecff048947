import { setTimeout as sleep } from 'node:timers/promises'
import { literal } from '#core/warehouse/sql.ts'
import type { Connection } from './connection.ts'
import { type Engine, rowsOf } from './engine.ts'
import type { NativeResult } from './native.ts'
import type { Statement } from './statement.ts'
import { keyword, unquote } from './token.ts'

/** The query id a request gave: the engine numbers its statements itself, ours stands in a comment (Engine.mark). */
const givenId = `if(extract(query, '/\\\\* query_id: (.*?), run: ') = '', query_id, extract(query, '/\\\\* query_id: (.*?), run: '))`

/**
 * KILL QUERY, with two differences to what chDB would do with it: `query_id` means the id that the request
 * gave, and SYNC is waited for here, because chDB's own never returns and locks the engine (tried on 26.7).
 */
export async function killQuery(
  engine: Engine,
  connection: Connection,
  statement: Statement,
  format: string,
  signal: AbortSignal,
): Promise<NativeResult> {
  const { tokens, text } = statement
  const sync = tokens.find((token) => token.depth === 0 && keyword(token) === 'SYNC')
  let sql = ''
  let at = 0
  for (const token of tokens) {
    const isId = (token.kind === 'word' || token.kind === 'quoted') && unquote(token) === 'query_id'
    const replaced = token === sync ? 'ASYNC' : isId ? givenId : undefined
    if (replaced === undefined) continue
    sql += text.slice(at, token.start) + replaced
    at = token.end
  }
  sql += text.slice(at)
  const killing = sync === undefined ? [] : await killed(connection, sql)
  const result = await connection.query(sql, format)
  for (let wait = 10; killing.length > 0; wait = Math.min(wait * 2, 500)) {
    const left = await engine.admin<{ left: string }>(
      `SELECT count() AS left FROM system.processes WHERE query_id IN (${killing.map(literal).join(', ')})`,
    )
    if (Number(left[0]!.left) === 0) break
    await sleep(wait, undefined, { signal })
  }
  return result
}

/** The engine's own ids of what a KILL QUERY is about to kill. */
async function killed(connection: Connection, sql: string): Promise<string[]> {
  const where = /\bWHERE\b([\s\S]*?)\bASYNC\b/i.exec(sql)?.[1]
  if (where === undefined) return []
  const rows = await rowsOf<{ id: string }>(
    connection,
    `SELECT query_id AS id FROM system.processes WHERE (${where}) AND query NOT LIKE 'SELECT query_id AS id FROM system.processes%'`,
  )
  return rows.map((row) => row.id)
}

export function isKillQuery({ verb, tokens }: Statement): boolean {
  return verb === 'KILL' && keyword(tokens[1]) === 'QUERY'
}
