import type { Readable } from 'node:stream'
import { literal } from '#core/warehouse/sql.ts'
import type { Connection } from './connection.ts'
import type { Engine, Mark } from './engine.ts'
import { type ClickHouseFailure, engineFailure } from './failure.ts'
import type { NativeResult } from './native.ts'
import { readPipe } from './pipe.ts'
import type { Statement } from './statement.ts'

export interface SendRows {
  connection: Connection
  statement: Statement
  /** Where the statement itself names none. */
  format: string
  mark: Mark
  /** Compressed by the engine: for what Node's zlib has not. */
  compression?: 'lz4' | 'xz' | undefined
}

export interface Rows {
  /** The result, one document, whatever the format; waits paused. */
  stream: Readable
  /** Settles when the engine is done; rejects with a ClickHouseFailure. */
  done: Promise<NativeResult>
  /** Stops the query and discards what it still sends. Resolves when it is over. */
  cancel(): Promise<void>
}

/**
 * Runs a statement whose result may be large. chDB's own streaming gives each chunk as a document of its own
 * (tried: JSON comes as a document a block), so the engine writes the one document into a pipe instead.
 */
export function sendRows(engine: Engine, { connection, statement, format, mark, compression }: SendRows): Rows {
  const path = engine.pipes.take()
  const pipe = readPipe(path)
  const done = runInto(connection, statement, format, path, mark, compression)
  const closed = new Promise((resolve) => pipe.stream.once('close', resolve))
  pipe.stream.once('error', () => pipe.stream.destroy())
  const finished = done.then(
    () => pipe.finish(),
    () => pipe.finish(),
  )
  void Promise.all([finished, closed]).then(() => engine.pipes.give(path))
  return {
    stream: pipe.stream,
    done,
    async cancel() {
      const killed = engine.cancel(mark, done)
      // The engine may stand in a write to a full pipe, where a cancellation does not reach it: let it run out.
      pipe.stream.removeAllListeners('data').on('data', () => {})
      pipe.stream.resume()
      await Promise.all([killed, finished, closed])
    },
  }
}

/** The same into a file, complete when it resolves: for a result that must not be sent before it is known to be whole. */
export function spoolRows(path: string, { connection, statement, format, mark, compression }: SendRows): Promise<NativeResult> {
  return runInto(connection, statement, format, path, mark, compression)
}

async function runInto(
  connection: Connection,
  statement: Statement,
  format: string,
  path: string,
  mark: Mark,
  compression: string | undefined,
): Promise<NativeResult> {
  const { text, verb, clauseAt, formatAt } = statement
  // A SELECT's own SETTINGS stand before INTO OUTFILE; those behind a bracketed one are the output's, and stand after it.
  const at = verb === '(' ? clauseAt : formatAt
  const clause = ` INTO OUTFILE ${literal(path)} TRUNCATE${compression ? ` COMPRESSION '${compression}'` : ''} ${mark.comment} `
  const ownFormat = statement.format === undefined ? `FORMAT ${format} ` : ''
  const sql = text.slice(0, at) + clause + ownFormat + text.slice(at)
  try {
    return await connection.query(sql, format, [clause])
  } catch (thrown) {
    throw await withoutOurClause(thrown, connection, statement)
  }
}

/** A syntax error is told about the statement as it was sent, so it is asked of that one: it does not get past the parser. */
async function withoutOurClause(thrown: unknown, connection: Connection, statement: Statement): Promise<ClickHouseFailure> {
  const failure = engineFailure(thrown)
  if (failure.code !== 62) return failure
  try {
    await connection.query(statement.text, 'Null')
  } catch (own) {
    return engineFailure(own)
  }
  return failure
}
