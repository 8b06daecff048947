import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { literal } from '#core/warehouse/sql.ts'
import type { Connection } from './connection.ts'
import type { Engine, Mark } from './engine.ts'
import type { NativeWritten } from './native.ts'
import { writePipe } from './pipe.ts'
import type { Statement } from './statement.ts'
import { keyword } from './token.ts'

export interface TakeData {
  connection: Connection
  statement: Statement
  /** The rows, in the statement's format. An error it throws cancels the insert. */
  data: AsyncIterable<Uint8Array>
  mark: Mark
  /** The data is compressed; the engine unpacks it. */
  compression: string | undefined
}

/**
 * Runs an INSERT whose rows follow it. They flow through a pipe to the engine's own parsers, which read any
 * format, in blocks: as in a ClickHouse server, a block is inserted whole or not at all. When the data breaks
 * off, the insert is cancelled before the engine could take the end of the pipe for the end of the rows.
 */
export async function takeData(engine: Engine, insert: TakeData): Promise<NativeWritten> {
  if (engine.format(insert.statement.format!)?.randomAccess) return takeFile(engine, insert)
  const path = engine.pipes.take()
  try {
    const { sql, hidden } = statementFrom(insert, path)
    const given = insert.connection.write(sql, hidden)
    const pipe = await writePipe(path, given)
    if (pipe !== undefined) await pour(engine, insert, pipe, given)
    return await given
  } finally {
    engine.pipes.give(path)
  }
}

/** Formats that are read at random (Parquet, ORC, Arrow) are kept in a file meanwhile: through a pipe the engine would hold them in memory. */
async function takeFile(engine: Engine, insert: TakeData): Promise<NativeWritten> {
  const path = join(engine.spool, insert.mark.run.replace(': ', '-'))
  try {
    await pipeline(Readable.from(insert.data), createWriteStream(path, { mode: 0o600 }))
    const { sql, hidden } = statementFrom(insert, path)
    return await insert.connection.write(sql, hidden)
  } finally {
    await rm(path, { force: true })
  }
}

async function pour(engine: Engine, { data, mark }: TakeData, pipe: Socket, given: Promise<unknown>): Promise<void> {
  const closed = new Promise<void>((resolve) => pipe.once('close', () => resolve()))
  // The engine stopped reading (a row it could not parse): its own error says why.
  pipe.once('error', () => pipe.destroy())
  try {
    for await (const chunk of data) {
      if (pipe.destroyed) break
      if (!pipe.write(chunk)) await Promise.race([new Promise((resolve) => pipe.once('drain', resolve)), closed])
    }
    pipe.end()
  } catch (thrown) {
    await engine.cancel(mark, given)
    pipe.destroy()
    await given.catch(() => undefined)
    throw thrown
  } finally {
    await closed
  }
}

/** The statement with its rows' place named: `INSERT INTO t FROM INFILE 'pipe' FORMAT f`, or file() for the input() it selects from. */
function statementFrom({ statement, mark, compression }: TakeData, path: string): { sql: string; hidden: string[] } {
  const { text, clauseAt, formatAt, tokens } = statement
  const input = tokens.findIndex((token, i) => keyword(token) === 'INPUT' && tokens[i + 1]?.text === '(')
  if (input >= 0 && tokens.some((token) => token.depth === 0 && keyword(token) === 'SELECT')) {
    const args = [literal(path), literal(statement.format!)]
    const open = tokens[input + 1]!
    const structured = tokens[input + 2]?.text !== ')'
    const packed = structured && compression ? `, ${literal(compression)}` : ''
    const close = tokens.find((token) => token.start > open.start && token.text === ')' && token.depth === open.depth)!
    const inside = text.slice(open.end, close.start)
    const sql = `${text.slice(0, tokens[input]!.start)}file(${args.join(', ')}${structured ? `, ${inside}` : ''}${packed})${text.slice(close.end, formatAt)} ${mark.comment}`
    return { sql, hidden: [mark.comment, `${args.join(', ')}, `] }
  }
  const clause = ` FROM INFILE ${literal(path)}${compression ? ` COMPRESSION ${literal(compression)}` : ''} ${mark.comment} `
  const format = keyword(tokens.at(-1)) === 'VALUES' ? 'FORMAT Values' : text.slice(formatAt)
  return { sql: text.slice(0, clauseAt) + clause + text.slice(clauseAt, formatAt) + format, hidden: [clause] }
}
