import ZongJi, {
  type AnyBinlogEvent,
  type QueryEvent,
  type RowData,
  type TableMapEvent,
  type UpdateRowData,
  type WriteRowsEvent,
} from '@vlasky/zongji'
import { cancelled, MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import type { MysqlConfig } from './config.ts'
import { connectionOptions, mysqlError } from './connect.ts'
import { isBefore, type LogPlace, logPurged } from './log-place.ts'

/** A row as it was and as it is: an insert has no `before`, a delete no `after`. */
export interface RowChange {
  before?: RowData
  after?: RowData
}

/** What happened, in order. `place` is the boundary of transactions before a change, and after all else. */
export type LogEvent =
  | { type: 'rows'; table: string; changes: RowChange[]; place: LogPlace }
  | { type: 'statement'; schema: string; sql: string; place: LogPlace }
  | { type: 'boundary'; place: LogPlace }

/** Events that wait to be worked on before the server is asked to pause. */
const mostWaiting = 200

/** Events that end where a transaction may begin. */
const boundaries = new Set(['xid', 'rotate', 'heartbeat', 'format', 'previousgtids', 'mariadbgtidlist', 'binlogcheckpoint', 'xaprepare'])

/** The log's events of the tables, from a place to another or to its end, in blocks as they come. */
export async function* logEvents(
  config: MysqlConfig,
  tables: readonly string[],
  from: LogPlace,
  until: LogPlace,
  runtime: Runtime,
): AsyncGenerator<LogEvent[]> {
  const { signal } = runtime
  signal.throwIfAborted()
  const reader = new ZongJi(connectionOptions(config))
  let waiting: LogEvent[] = []
  let isOver = false
  let failure: unknown
  let wake: (() => void) | undefined
  const end = (thrown?: unknown) => {
    // A server closes the connection at the end of the log: by then the place is reached that was asked for.
    if (isOver) return
    failure = thrown
    isOver = true
    wake?.()
  }
  const onAbort = () => end(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  reader.on('error', end)
  reader.on('ready', () => {
    // The connection turns to its next statement when the log has ended or is lost, which the reader itself does not tell.
    queueMicrotask(() => reader.connection?.query('DO 0', (error: unknown) => end(error ?? undefined)))
  })
  reader.on('binlog', (event: AnyBinlogEvent) => {
    if (isOver) return
    try {
      const told = toEvent(event, reader, from.server)
      if (told === undefined) return
      waiting.push(told)
      if (told.type !== 'rows' && !isBefore(told.place, until)) return end()
    } catch (thrown) {
      return end(thrown)
    }
    if (waiting.length >= mostWaiting) reader.connection?.pause()
    wake?.()
  })
  reader.start({
    // Another reader with the same id would have its connection closed (MySQL manual, "server_id").
    serverId: 1_000_000_000 + Math.floor(runtime.random() * 3_000_000_000),
    nonBlock: true,
    includeSchema: { [config.database]: [...tables] },
    ...(from.gtid === undefined ? { filename: from.file, position: from.position } : { gtidSet: from.gtid }),
  })
  try {
    for (;;) {
      if (waiting.length > 0) {
        const block = waiting
        waiting = []
        yield block
        reader.connection?.resume()
      } else if (isOver) {
        if (failure !== undefined) throw signal.aborted ? cancelled('The read was cancelled.', failure) : logError(failure, config)
        return
      } else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    await new Promise<void>((resolve) => {
      reader.once('stopped', () => resolve())
      reader.stop()
    })
  }
}

function toEvent(event: AnyBinlogEvent, reader: ZongJi, server: string): LogEvent | undefined {
  const { filename, position } = reader.options
  const gtid = reader.gtidSet
  const place = { file: filename ?? '', position: position ?? 0, server, ...(gtid === undefined ? {} : { gtid }) }
  const name = event.getEventName()
  if (boundaries.has(name)) return { type: 'boundary', place }
  switch (name) {
    case 'query': {
      const { query, schema } = event as QueryEvent
      if (/^(BEGIN|XA (START|END))\b/i.test(query)) return undefined
      return /^(COMMIT|ROLLBACK)$/i.test(query) ? { type: 'boundary', place } : { type: 'statement', schema, sql: query, place }
    }
    case 'tablemap':
      if ((event as TableMapEvent).columnNames === undefined) throw noMetadata((event as TableMapEvent).tableName)
      return undefined
    case 'writerows':
    case 'deleterows': {
      const rows = (event as WriteRowsEvent).rows
      return {
        type: 'rows',
        table: tableOf(event),
        changes: rows.map((row) => (name === 'writerows' ? { after: row } : { before: row })),
        place,
      }
    }
    case 'updaterows':
      return { type: 'rows', table: tableOf(event), changes: (event as unknown as { rows: UpdateRowData[] }).rows, place }
    default:
      return undefined
  }
}

function tableOf(event: AnyBinlogEvent): string {
  const { tableMap, tableId } = event as WriteRowsEvent
  return tableMap[tableId]!.tableName
}

function noMetadata(table: string): MillraceError {
  return new MillraceError({
    code: 'binlog-metadata',
    fault: 'config',
    message: `The binary log has changes of ${table} that do not name their columns: they were written before binlog_row_metadata was FULL.`,
    mend: 'Leave it FULL, and refresh the stream: it is read from its beginning.',
  })
}

/** ER_MASTER_FATAL_ERROR_READING_BINLOG, and MariaDB's for a GTID that the log has not or not yet. */
const readingErrors = new Set([1236, 1945, 1955])

function logError(thrown: unknown, config: MysqlConfig): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  const { errno, message, code } = thrown as { errno?: number; message: string; code?: string }
  if (errno !== undefined && readingErrors.has(errno) && /purged|could not find|gtid|impossible position/i.test(message)) {
    return logPurged(message, thrown)
  }
  if (errno !== undefined || code !== undefined) return mysqlError(thrown, config)
  return new MillraceError({
    code: 'binlog-unreadable',
    fault: 'system',
    message: `The binary log cannot be read: ${message}`,
    cause: thrown,
  })
}
