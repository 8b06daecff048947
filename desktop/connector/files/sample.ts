import type { JsonObject } from '#core/lib/json.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { BadLines } from './bad-lines.ts'
import { inferType } from './cell.ts'
import type { ColumnType, StreamConfig } from './config.ts'
import { rowReaders } from './formats.ts'
import { byTime } from './history.ts'
import type { FileStore, StoredFile } from './stored-file.ts'

const maxFiles = 5
const rowsOfFile = 1000
/** Lists of rows are bounded in their size too: rows of a megabyte are not sampled by the thousand. */
const listsOfFile = 4

/** The first records of some of a stream's files, the oldest and the newest among them; of CSV all fields are text. */
export async function sampleRecords(
  stream: StreamConfig,
  store: FileStore,
  files: readonly StoredFile[],
  runtime: Runtime,
): Promise<JsonObject[]> {
  const records: JsonObject[] = []
  for (const file of chosen(files)) {
    const input = {
      file,
      store,
      stream: { ...stream, columns: {}, on_bad_line: 'skip' as const },
      types: new Map(),
      bad: new BadLines(file.name, 'skip', () => undefined),
      runtime,
    }
    let [count, lists] = [0, 0]
    for await (const rows of rowReaders[stream.format](input)) {
      for (const { record } of rows) records.push(record)
      count += rows.length
      if (count >= rowsOfFile || ++lists >= listsOfFile) break
    }
  }
  return records
}

/** Types of CSV columns by a sample. */
export function inferTypes(records: readonly JsonObject[]): Map<string, ColumnType> {
  const names = new Set(records.flatMap((record) => Object.keys(record)))
  return new Map([...names].map((name) => [name, inferType(records.map((record) => record[name]))]))
}

/** Columns of Parquet files by their schemas; where two differ in a column's type it is left to the values. */
export async function parquetSchemas(
  store: FileStore,
  files: readonly StoredFile[],
  runtime: Runtime,
): Promise<Record<string, JsonObject>> {
  const { parquetColumns } = await import('./parquet.ts')
  const columns = new Map<string, JsonObject>()
  for (const file of chosen(files)) {
    for (const [name, schema] of Object.entries(await parquetColumns(store, file, runtime))) {
      const known = columns.get(name)
      columns.set(name, known === undefined || JSON.stringify(known) === JSON.stringify(schema) ? schema : {})
    }
  }
  return Object.fromEntries(columns)
}

function chosen(files: readonly StoredFile[]): StoredFile[] {
  const sorted = files.toSorted(byTime)
  if (sorted.length <= maxFiles) return sorted
  return Array.from({ length: maxFiles }, (_, index) => sorted[Math.round((index * (sorted.length - 1)) / (maxFiles - 1))]!)
}
