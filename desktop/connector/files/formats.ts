import type { StreamConfig } from './config.ts'
import { readCsv } from './csv.ts'
import { readJson, readJsonl } from './json.ts'
import { readParquet } from './parquet.ts'
import type { FileInput, Row } from './row.ts'

/** The rows of a file, in lists, by its format. */
export const rowReaders: Record<StreamConfig['format'], (input: FileInput) => AsyncIterable<Row[]>> = {
  csv: readCsv,
  json: readJson,
  jsonl: readJsonl,
  parquet: readParquet,
}
