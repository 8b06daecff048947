import type { JsonObject } from '#core/lib/json.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import type { BadLines } from './bad-lines.ts'
import type { ColumnType, StreamConfig } from './config.ts'
import type { FileStore, StoredFile } from './stored-file.ts'

/** A record and its number among those of its file, from 1. */
export interface Row {
  row: number
  record: JsonObject
}

/** A file to be read, and how. */
export interface FileInput {
  file: StoredFile
  store: FileStore
  stream: StreamConfig
  /** Types seen in a sample, by column; text where nothing is said. For formats that know none of their own. */
  types: ReadonlyMap<string, ColumnType>
  bad: BadLines
  runtime: Runtime
}

const maxRows = 1000
const maxLength = 1_000_000

/** Gathers rows to lists of a size that bounds the memory. */
export class RowBatch {
  private rows: Row[] = []
  private length = 0
  private count = 0

  /** Takes a record with its length in characters; answers whether it is time to `take`. */
  add(record: JsonObject, length: number): boolean {
    this.rows.push({ row: ++this.count, record })
    this.length += length
    return this.rows.length >= maxRows || this.length >= maxLength
  }

  take(): Row[] {
    const { rows } = this
    this.rows = []
    this.length = 0
    return rows
  }
}
