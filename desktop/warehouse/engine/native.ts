import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** An engine connection: its own settings, parameters, current database and temporary tables. Runs one statement at a time. */
export type NativeConnection = { readonly native: unique symbol }

/**
 * The functions of chDB's addon that the warehouse stands on, below the package's `Session`: a Session's
 * `close()` waits for whatever runs on any other session, and its `insert()` knows only inline text; here a
 * connection lives for one request, and the engine's own count of written rows is wanted for every insert.
 * All reject with ClickHouse's own text, `Code: N. DB::Exception: …`.
 */
export interface Native {
  /** Opens the engine on `folder` at the first call; later ones, on the same folder, cost less than a millisecond. */
  CreateConnection(folder: string, args?: readonly string[]): NativeConnection
  /** Must not be called while a statement runs on the connection. */
  CloseConnection(connection: NativeConnection): void
  QueryAsyncConnection(connection: NativeConnection, sql: string, format: string): Promise<NativeResult>
  /** Runs `sql`, newline, `data`, and reports what the engine wrote, materialized views included. */
  InsertRawAsyncConnection(connection: NativeConnection, sql: string, data: Uint8Array, countLines: boolean): Promise<NativeWritten>
}

export interface NativeResult {
  bytes: Uint8Array
  /** Seconds. */
  elapsed: number
  /** Of the result, whatever their names say (tried on chDB 26.7: 1 for a sum over a million rows). */
  rowsRead: number
  bytesRead: number
}

export interface NativeWritten {
  elapsed: number
  rowsWritten: number
  bytesWritten: number
}

export function loadNative(): Native {
  const require = createRequire(import.meta.url)
  const { loadNative: load } = require(join(dirname(require.resolve('chdb')), 'dist', 'loader.js')) as { loadNative(): Native }
  return load()
}
