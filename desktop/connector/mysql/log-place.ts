import { z } from 'zod'
import { MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { quoted, type Session } from './connect.ts'

/** A place between two transactions of a server's binary log. */
export const logPlaceSchema = z.strictObject({
  file: z.string(),
  position: z.int(),
  /** What the log holds up to there, in the server's own terms: good at every server of a replication topology. */
  gtid: z.string().optional(),
  /** The server whose files these are. */
  server: z.string(),
})

export type LogPlace = z.infer<typeof logPlaceSchema>

/** Whether `a` stands before `b` in the files of one server. Their names end in a number that grows, and may get longer. */
export function isBefore(a: Pick<LogPlace, 'file' | 'position'>, b: Pick<LogPlace, 'file' | 'position'>): boolean {
  if (a.file === b.file) return a.position < b.position
  return a.file.length === b.file.length ? a.file < b.file : a.file.length < b.file.length
}

interface LogStatus {
  File: string
  Position: number
  Executed_Gtid_Set?: string
}

/** Where the log ends now. */
export async function currentPlace(session: Session): Promise<LogPlace> {
  const [status] = await session.query<LogStatus>(
    session.isMariaDb || !session.isAtLeast(8, 2) ? 'SHOW MASTER STATUS' : 'SHOW BINARY LOG STATUS',
  )
  if (status === undefined) throw logOff()
  const { File: file, Position: position } = status
  if (session.isMariaDb) {
    const [row] = await session.query<{ gtid: string | null; server: string }>(
      `SELECT BINLOG_GTID_POS(?, ?) AS gtid, CONCAT_WS(':', @@hostname, @@port, @@server_id) AS server`,
      [file, position],
    )
    return { file, position, server: row!.server, ...(row!.gtid === null ? {} : { gtid: row!.gtid }) }
  }
  const [row] = await session.query<{ mode: string; server: string }>('SELECT @@GLOBAL.gtid_mode AS mode, @@server_uuid AS server')
  const gtid = status.Executed_Gtid_Set?.replaceAll(/\s/g, '')
  return { file, position, server: row!.server, ...(row!.mode === 'ON' && gtid !== undefined ? { gtid } : {}) }
}

/**
 * Waits until the table shows all that the log tells before the place. A transaction stands in the log before it is
 * committed in the engine: a snapshot that is read in between would miss it, and the log from there on would not tell it.
 */
export async function awaitVisible(session: Session, place: LogPlace, table: string, runtime: Runtime): Promise<void> {
  if (!session.isMariaDb) {
    // Given only when those who were writing to the table have ended (MySQL manual, "Metadata Locking").
    await session.query(`LOCK TABLES ${quoted(table)} READ`)
    await session.query('UNLOCK TABLES')
    return
  }
  for (;;) {
    // Which place of the log a snapshot of the engine belongs to (MariaDB docs, "Enhancements for START TRANSACTION WITH CONSISTENT SNAPSHOT").
    await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT')
    const status = await session.query<{ Variable_name: string; Value: string }>("SHOW STATUS LIKE 'binlog_snapshot_%'")
    await session.query('COMMIT')
    const values = new Map(status.map(({ Variable_name, Value }) => [Variable_name.toLowerCase(), Value]))
    const visible = { file: values.get('binlog_snapshot_file') ?? '', position: Number(values.get('binlog_snapshot_position') ?? 0) }
    if (!isBefore(visible, place)) return
    await runtime.clock.sleep(20, runtime.signal)
  }
}

/** What the log must be like to be followed: variable → its value (MySQL manual, "Binary Logging Options and Variables"). */
const wanted: Record<string, string> = {
  binlog_format: 'ROW',
  // Whole rows: of a changed row the columns that were not changed too.
  binlog_row_image: 'FULL',
  // Rows name their columns: those of then, not those of now.
  binlog_row_metadata: 'FULL',
  binlog_row_value_options: '',
  binlog_transaction_compression: 'OFF',
}
/** Where they are not known, the server does as wanted. */
const optional = new Set(['binlog_format', 'binlog_row_value_options', 'binlog_transaction_compression'])

/** Throws what the server's operator has to change. */
export async function requireLog(session: Session): Promise<void> {
  const variables = await session.query<{ Variable_name: string; Value: string }>(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', ${Object.keys(wanted)
      .map((name) => `'${name}'`)
      .join(', ')})`,
  )
  const values = new Map(variables.map(({ Variable_name, Value }) => [Variable_name, Value]))
  if (values.get('log_bin') === 'OFF') throw logOff()
  const wrong = Object.entries(wanted).filter(([name, value]) => {
    const actual = values.get(name)
    return actual === undefined ? !optional.has(name) : actual !== value
  })
  if (wrong.length === 0) return
  throw new MillraceError({
    code: 'binlog-settings',
    fault: 'config',
    message: `The binary log cannot be followed as it is written: ${wrong.map(([name]) => `${name} is ${values.get(name) || 'not known'}`).join(', ')}.`,
    mend: `Let an administrator run, and set so in the server's configuration: ${wrong.map(([name, value]) => `SET GLOBAL ${name} = '${value}';`).join(' ')}`,
  })
}

function logOff(): MillraceError {
  return new MillraceError({
    code: 'binlog-off',
    fault: 'config',
    message: 'The server writes no binary log.',
    mend: 'Start it with log_bin, or set replication: none to read by a cursor column.',
  })
}

/** The log is not whole from the last place on. */
export function logPurged(reason: string, cause?: unknown): MillraceError {
  return new MillraceError({
    code: 'binlog-purged',
    fault: 'config',
    message: `The server does not have the binary log any more from where the last read ended: ${reason}`,
    mend: 'Refresh the streams: they are read from their beginning. Keep the log for longer than the longest pause between two reads (binlog_expire_logs_seconds).',
    cause,
  })
}
