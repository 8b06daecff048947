import type { StreamConfig } from './config.ts'
import { readCsv } from './csv.ts'
import { readJson, readJsonl } from './json.ts'
import type { FileInput, Row } from './row.ts'

/** The rows of a file, in lists, by its format. */
export const rowReaders: Record<StreamConfig['format'], (input: FileInput) => AsyncIterable<Row[]>> = {
  csv: readCsv,
  json: readJson,
  jsonl: readJsonl,
  async *parquet(input) {
    // Loaded for Parquet alone: every command loads this file.
    const { readParquet } = await import('./parquet.ts')
    yield* readParquet(input)
  },
}
