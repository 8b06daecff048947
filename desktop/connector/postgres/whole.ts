import { z } from 'zod'
import type { JsonObject } from '#core/lib/json.ts'
import { type Table, tableSql, toRecord } from './catalog.ts'
import { type Connection, quote } from './connect.ts'
import { fetchRows } from './rows.ts'

/** How far a table was read: the last key as text, or the next page of its file. */
export const positionSchema = z.union([z.object({ key: z.array(z.string()) }), z.object({ page: z.number(), file: z.number().nullable() })])

export type Position = z.infer<typeof positionSchema>

export interface Part {
  records: JsonObject[]
  /** Where to go on after them; without it the table is read in one piece. */
  position?: Position
}

/** All rows of a table: by chunks of its key, by pages when it has none, and a view by one query. */
export function readWhole(
  connection: Connection,
  table: Table,
  version: number,
  chunkSize: number,
  from: Position | undefined,
): AsyncGenerator<Part> {
  if (table.key.length > 0) return byKey(connection, table, chunkSize, from !== undefined && 'key' in from ? from.key : undefined)
  // Ranges of ctid are read by pages from 14 on (PostgreSQL docs, release notes 14, "TID range scan"); before, each would cost the whole table.
  if ((table.kind === 'r' || table.kind === 'm') && version >= 140_000) return byPage(connection, table, chunkSize, from)
  return atOnce(connection, table)
}

/** Keyset pagination: each chunk begins after the last key, which an index finds whatever was read before. */
async function* byKey(connection: Connection, table: Table, chunkSize: number, from: readonly string[] | undefined): AsyncGenerator<Part> {
  const key = table.key.map(quote)
  const places = table.key.map((name) => table.columns.findIndex((column) => column.name === name))
  let after = from
  for (;;) {
    const conditions = [
      ...filterOf(table),
      ...(after === undefined ? [] : [`(${key.join()}) > (${key.map((_, index) => `$${index + 1}`).join()})`]),
    ]
    const sql = `${selectSql(table)}${whereSql(conditions)} ORDER BY ${key.join()} LIMIT ${chunkSize}`
    let count = 0
    for await (const rows of fetchRows(connection, sql, after)) {
      count += rows.length
      after = places.map((place) => rows.at(-1)![place]!)
      yield { records: rows.map((row) => toRecord(table.columns, row)), position: { key: after as string[] } }
    }
    if (count < chunkSize) return
  }
}

/** By ranges of pages (PostgreSQL docs, "System Columns", ctid). A file that is another one now is read from its start. */
async function* byPage(connection: Connection, table: Table, chunkSize: number, from: Position | undefined): AsyncGenerator<Part> {
  const step = Math.max(1, Math.round(chunkSize / table.density))
  // The size is asked after the snapshot was taken: what comes beyond it is newer than the snapshot.
  const [size] = await connection.query("SELECT ceil(pg_relation_size($1::oid)::numeric / current_setting('block_size')::int) AS pages", [
    table.oid,
  ])
  const pages = Number(size!.pages)
  const first = from !== undefined && 'page' in from && from.file === table.file ? from.page : 0
  for (let page = first; page < pages; page += step) {
    const range = `ctid >= '(${page},0)' AND ctid < '(${page + step},0)'`
    for await (const rows of fetchRows(connection, `${selectSql(table)} WHERE ${range}`)) {
      yield { records: rows.map((row) => toRecord(table.columns, row)) }
    }
    yield { records: [], position: { page: page + step, file: table.file } }
  }
}

async function* atOnce(connection: Connection, table: Table): AsyncGenerator<Part> {
  for await (const rows of fetchRows(connection, selectSql(table))) yield { records: rows.map((row) => toRecord(table.columns, row)) }
}

export function selectSql(table: Table): string {
  return `SELECT ${table.columns.map(({ name }) => quote(name)).join()} FROM ${tableSql(table)}`
}

export function whereSql(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
}

/** A publication may leave rows out, and then the first read has to as well. */
function filterOf({ isReplicated, filter }: Table): string[] {
  return isReplicated && filter !== null ? [`(${filter})`] : []
}
