import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { CursorRange } from '#core/connector/source.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { type Table, toRecord } from './catalog.ts'
import { type Connection, quote } from './connect.ts'
import { fetchRows, type Row } from './rows.ts'
import { selectSql, whereSql } from './whole.ts'

/** Up to where the cursor was read, and the rows that had that very value, by their hash. */
export const cursorStateSchema = z.object({ cursor: z.string(), seen: z.array(z.string()) })

export type CursorState = z.infer<typeof cursorStateSchema>

/** More rows of one cursor value than this come again rather than be remembered. */
const mostSeen = 1000

export interface CursorPart {
  records: JsonObject[]
  state: CursorState
}

/**
 * The rows whose cursor is at or beyond the state, in its order. The last value is read again, since rows may have got it
 * since, and what came before unchanged is left out. Rows whose cursor is NULL are not read.
 */
export async function* readByCursor(
  connection: Connection,
  table: Table,
  from: CursorState | undefined,
  range: CursorRange | undefined,
): AsyncGenerator<CursorPart> {
  const column = table.cursor!
  const name = quote(column.name)
  const place = table.columns.indexOf(column)
  const bounds: [condition: string, value: string | undefined][] = [
    [`${name} >= `, from?.cursor ?? range?.from],
    [`${name} < `, range?.to],
  ]
  const given = bounds.filter(([, value]) => value !== undefined)
  const conditions = [`${name} IS NOT NULL`, ...given.map(([condition], index) => `${condition}$${index + 1}`)]
  const sql = `${selectSql(table)}${whereSql(conditions)} ORDER BY ${name}`
  let state: CursorState = from ?? { cursor: '', seen: [] }
  const before = new Set(from?.seen)
  for await (const rows of fetchRows(
    connection,
    sql,
    given.map(([, value]) => value!),
  )) {
    const fresh = rows.filter((row) => row[place] !== from?.cursor || !before.has(hashOf(row)))
    state = advance(state, rows, place)
    yield { records: fresh.map((row) => toRecord(table.columns, row)), state }
  }
}

function advance(state: CursorState, rows: readonly Row[], place: number): CursorState {
  const cursor = rows.at(-1)![place]!
  const seen = rows.filter((row) => row[place] === cursor).map(hashOf)
  const kept = cursor === state.cursor ? state.seen : []
  return { cursor, seen: [...new Set([...kept, ...seen])].slice(0, mostSeen) }
}

function hashOf(row: Row): string {
  return createHash('sha256').update(JSON.stringify(row)).digest('base64').slice(0, 16)
}
