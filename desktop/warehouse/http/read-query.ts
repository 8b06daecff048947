import { ClickHouseFailure } from '../engine/failure.ts'
import { type Statement, readStatement } from '../engine/statement.ts'
import type { Body } from './body.ts'
import type { QueryRequest } from './request.ts'

/**
 * The statement, of the `query` parameter and the body one after the other, and the data behind it. Of the body no
 * more is read than a query may have.
 */
export async function readQuery(
  request: QueryRequest,
  body: Body,
  compression: string | undefined,
): Promise<{ statement: Statement; data: AsyncIterable<Uint8Array> }> {
  const head = Buffer.from(request.query)
  const alone = split(head)
  if (request.query !== '' && (alone.statement.kind === 'data' || compression !== undefined)) {
    if (alone.statement.kind !== 'data')
      throw new ClickHouseFailure(48, 'NOT_IMPLEMENTED', `A body in '${compression}' must be the data of an INSERT in the query parameter.`)
    return { statement: alone.statement, data: joined(head.subarray(alone.dataAt), body) }
  }
  if (compression !== undefined)
    throw new ClickHouseFailure(
      48,
      'NOT_IMPLEMENTED',
      `A query in '${compression}' cannot be read: send it in the query parameter, or as gzip, deflate, br or zstd.`,
    )
  const { bytes, whole } = await body.peek(request.maxQuerySize + 1)
  const query = head.length === 0 ? bytes : bytes.length === 0 ? head : Buffer.concat([head, newline, bytes])
  const { statement, dataAt } = split(query)
  const length = statement.kind === 'data' ? dataAt : query.length
  if (length > request.maxQuerySize || (!whole && statement.kind !== 'data')) {
    throw new ClickHouseFailure(
      62,
      'SYNTAX_ERROR',
      `Syntax error: failed at position ${request.maxQuerySize}: Max query size exceeded (can be increased with the \`max_query_size\` setting).`,
    )
  }
  if (statement.kind !== 'data') return { statement, data: body.from(bytes.length) }
  const before = query.length - bytes.length
  return { statement, data: dataAt >= before ? body.from(dataAt - before) : joined(query.subarray(dataAt, before), body) }
}

const newline = Buffer.from('\n')

/** Offsets are of bytes, so the bytes are read as latin1; the statement itself is UTF-8. */
function split(query: Buffer): { statement: Statement; dataAt: number } {
  const { kind, text } = readStatement(query.toString('latin1'))
  const statement = readStatement(query.toString())
  if (kind !== 'data') return { statement, dataAt: query.length }
  // ClickHouse's ParserInsertQuery: blanks and one line end behind the format are not yet data.
  const gap = /^[ \t\f]*(?:;[ \t]*)?\r?\n?/.exec(query.subarray(text.length, text.length + 64).toString('latin1'))![0]
  return { statement, dataAt: text.length + gap.length }
}

async function* joined(first: Buffer, body: Body): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield Buffer.concat([first, newline])
  yield* body.from(0)
}
