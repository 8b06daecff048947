import Cursor from 'pg-cursor'
import { asText, type Connection } from './connect.ts'

export type Row = (string | null)[]

/** Bytes of rows that are asked for at a time: large rows come few at once, small ones many. */
const targetBytes = 2_000_000
const most = 5000

/**
 * The rows of a query as text, a few at a time, through a portal: memory is bounded whatever their size.
 * The connection has to be closed when the rows are not read to their end.
 */
export async function* fetchRows(connection: Connection, sql: string, values: readonly (string | null)[] = []): AsyncGenerator<Row[]> {
  const cursor = connection.client.query(
    new Cursor<Row>(sql, [...values], {
      rowMode: 'array',
      types: asText as unknown as NonNullable<ConstructorParameters<typeof Cursor>[2]>['types'] & object,
    }),
  )
  let count = 50
  for (;;) {
    const rows = await cursor.read(count)
    if (rows.length === 0) return
    yield rows
    let bytes = 0
    for (const row of rows) for (const value of row) bytes += (value?.length ?? 0) + 8
    count = Math.max(1, Math.min(most, count * 4, Math.floor((targetBytes * rows.length) / bytes)))
  }
}
