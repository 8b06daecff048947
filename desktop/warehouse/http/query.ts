import type { ServerResponse } from 'node:http'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from '../engine/connection.ts'
import type { Engine, Mark } from '../engine/engine.ts'
import { ClickHouseFailure } from '../engine/failure.ts'
import { isKillQuery, killQuery } from '../engine/kill.ts'
import type { NativeResult, NativeWritten } from '../engine/native.ts'
import { sendRows, spoolRows } from '../engine/send-rows.ts'
import type { Statement } from '../engine/statement.ts'
import { takeData } from '../engine/take-data.ts'
import { keyword } from '../engine/token.ts'
import { type Head, type Summary, nothing, sendStream, sendWhole } from './answer.ts'
import type { QueryRequest } from './request.ts'

export interface Query {
  engine: Engine
  connection: Connection
  request: QueryRequest
  statement: Statement
  /** The rows that follow an insert. */
  data: AsyncIterable<Uint8Array>
  /** They are packed so, and the engine is to unpack them. */
  dataCompression: string | undefined
  response: ServerResponse
  signal: AbortSignal
}

/** Runs a request's statement on its connection and answers. Throws a ClickHouseFailure that is still to be answered. */
export async function runQuery(query: Query): Promise<void> {
  const mark = query.engine.mark(query.request.queryId)
  if (query.statement.kind === 'data') return runInsert(query, mark)
  if (query.statement.format === undefined) requireFormat(query.engine, query.request.format)
  if (query.statement.kind === 'rows') return query.request.wait ? runSpooled(query, mark) : runStreamed(query, mark)
  return runOther(query, mark)
}

async function runStreamed(query: Query, mark: Mark): Promise<void> {
  const { engine, connection, request, statement, response, signal } = query
  const coding = request.coding
  const rows = sendRows(engine, {
    connection,
    statement,
    format: request.format,
    mark,
    compression: coding && 'engine' in coding ? coding.engine : undefined,
  })
  const onAbort = () => void rows.cancel()
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    await sendStream(response, {
      stream: rows.stream,
      done: rows.done,
      coding,
      holdBack: request.holdBack,
      signal,
      cancel: onAbort,
      head: async (result, whole) => headOf(query, result === undefined ? await progress(engine, mark) : readSummary(result, whole)),
    })
  } finally {
    signal.removeEventListener('abort', onAbort)
    await rows.done.catch(() => undefined)
  }
}

/** `wait_end_of_query`: the whole result in a file first. */
async function runSpooled(query: Query, mark: Mark): Promise<void> {
  const { engine, connection, request, statement, response, signal } = query
  const path = join(engine.spool, mark.run.replace(': ', '-'))
  const coding = request.coding
  const done = spoolRows(path, {
    connection,
    statement,
    format: request.format,
    mark,
    compression: coding && 'engine' in coding ? coding.engine : undefined,
  })
  const onAbort = () => void engine.cancel(mark, done)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const result = await done
    const head = async (_: NativeResult | undefined, whole: Buffer | undefined) => headOf(query, readSummary(result, whole))
    await sendStream(response, { stream: createReadStream(path), done, coding, holdBack: request.holdBack, signal, cancel: () => {}, head })
  } finally {
    signal.removeEventListener('abort', onAbort)
    await rm(path, { force: true })
  }
}

async function runInsert(query: Query, mark: Mark): Promise<void> {
  const { engine, connection, statement, data, dataCompression, response } = query
  const written = await takeData(engine, { connection, statement, data, mark, compression: dataCompression })
  await sendWhole(response, headOf(query, writtenSummary(written), undefined), Buffer.alloc(0), undefined)
}

async function runOther(query: Query, mark: Mark): Promise<void> {
  const { engine, connection, request, statement, response, signal } = query
  const format = statement.format ?? request.format
  const hidden = [`\n${mark.comment}`]
  if (statement.verb === 'INSERT') {
    // Like a server, let a writing statement end, whether its client waits or not.
    const written = await connection.write(statement.text + hidden[0], hidden)
    return sendWhole(response, headOf(query, writtenSummary(written), undefined), Buffer.alloc(0), undefined)
  }
  const result = isKillQuery(statement)
    ? await killQuery(engine, connection, statement, format, signal)
    : await connection.query(statement.text + hidden[0], format, hidden)
  return sendWhole(response, headOf(query, readSummary(result, Buffer.from(result.bytes))), result.bytes, request.coding)
}

function headOf({ engine, request, statement }: Query, summary: Summary, name = statement.format ?? request.format): Head {
  const withOutput = statement.verb !== 'INSERT'
  const contentType = engine.format(name)?.contentType ?? 'text/plain; charset=UTF-8'
  return { queryId: request.queryId, timezone: engine.timezone, format: withOutput ? { name, contentType } : undefined, summary }
}

/**
 * The engine tells the rows of the result; what it read it tells only in the statistics that close a JSON
 * result. Elsewhere the rows it sent stand in for those it read.
 */
function readSummary(result: NativeResult, whole: Buffer | undefined): Summary {
  const statistics = /"rows_read":\s*(\d+),\s*"bytes_read":\s*(\d+)\s*\}\s*\}\s*$/.exec(whole?.subarray(-256).toString() ?? '')
  return {
    ...nothing,
    read_rows: Number(statistics?.[1] ?? result.rowsRead),
    read_bytes: Number(statistics?.[2] ?? result.bytesRead),
    result_rows: result.rowsRead,
    result_bytes: result.bytesRead,
    elapsed_ns: Math.round(result.elapsed * 1e9),
  }
}

function writtenSummary({ rowsWritten, bytesWritten, elapsed }: NativeWritten): Summary {
  return {
    ...nothing,
    read_rows: rowsWritten,
    read_bytes: bytesWritten,
    written_rows: rowsWritten,
    written_bytes: bytesWritten,
    result_rows: rowsWritten,
    result_bytes: bytesWritten,
    elapsed_ns: Math.round(elapsed * 1e9),
  }
}

/** What a running statement has read so far, as a server's summary says it when the answer begins before the end. */
async function progress(engine: Engine, mark: Mark): Promise<Summary> {
  const [row] = await engine.admin<Record<'read_rows' | 'read_bytes' | 'total' | 'elapsed_ns', string>>(
    `SELECT read_rows, read_bytes, total_rows_approx AS total, toUInt64(elapsed * 1e9) AS elapsed_ns
     FROM system.processes WHERE position(query, concat('${mark.run}', ' */')) > 0`,
  )
  if (row === undefined) return nothing
  return {
    ...nothing,
    read_rows: Number(row.read_rows),
    read_bytes: Number(row.read_bytes),
    total_rows_to_read: Number(row.total),
    elapsed_ns: Number(row.elapsed_ns),
  }
}

/** The name of a format is put into a statement: it must be one. */
export function requireFormat(engine: Engine, name: string): void {
  if (engine.format(name) === undefined) throw new ClickHouseFailure(73, 'UNKNOWN_FORMAT', `Unknown format ${name}.`)
}

/** Throws for a statement that a server does not take. */
export function refuse({ clientClause, secondAt, verb, tokens }: Statement): void {
  if (verb === '') throw new ClickHouseFailure(62, 'SYNTAX_ERROR', 'Syntax error: failed at position 1 (end of query): the query is empty.')
  if (secondAt !== undefined) {
    throw new ClickHouseFailure(62, 'SYNTAX_ERROR', `Syntax error (Multi-statements are not allowed): failed at position ${secondAt + 1}.`)
  }
  // They signal the engine's whole process group: whoever started us too.
  const second = keyword(tokens[1])
  if (verb === 'SYSTEM' && (second === 'SHUTDOWN' || second === 'KILL' || second === 'SUSPEND')) {
    throw new ClickHouseFailure(497, 'ACCESS_DENIED', `SYSTEM ${second} is not served: end the warehouse's process.`)
  }
  if (clientClause === 'INTO OUTFILE') throw new ClickHouseFailure(358, 'INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed')
  if (clientClause === 'FROM INFILE')
    throw new ClickHouseFailure(78, 'UNKNOWN_TYPE_OF_QUERY', 'Query has infile and was send directly to server')
}
