import type { Stream } from '#core/connector/source.ts'
import type { JsonObject } from '#core/lib/json.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import type { ColumnType, StreamConfig } from './config.ts'
import { fileFields } from './file-fields.ts'
import { inferTypes, parquetSchemas, sampleRecords } from './sample.ts'
import type { FileStore, StoredFile } from './stored-file.ts'

/** What a column's declared type is in JSON Schema. */
const declared: Record<ColumnType, JsonObject> = {
  text: { type: 'string' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date' },
  timestamp: { type: 'string', format: 'date-time' },
}

/**
 * A stream as the catalog has it. Types that the user or a Parquet file declares are declared; what was
 * only seen in a sample is named in the column's description and left open, so that a value of another
 * type further down widens the column.
 */
export async function catalogStream(
  name: string,
  stream: StreamConfig,
  hasFileFields: boolean,
  store: FileStore,
  files: readonly StoredFile[],
  runtime: Runtime,
): Promise<Stream> {
  const seen = await columnsSeen(stream, store, files, runtime)
  const chosen = Object.fromEntries(Object.entries(stream.columns).map(([column, type]) => [column, declared[type]]))
  return {
    name,
    schema: { type: 'object', properties: { ...(hasFileFields ? fileFields : {}), ...seen, ...chosen } },
    primaryKey: stream.primary_key.map((column) => [column]),
    ...(hasFileFields ? { cursorField: ['_modified_at'] } : {}),
    modes: ['full-refresh', 'incremental'],
    resumable: true,
  }
}

async function columnsSeen(
  stream: StreamConfig,
  store: FileStore,
  files: readonly StoredFile[],
  runtime: Runtime,
): Promise<Record<string, JsonObject>> {
  if (stream.format === 'parquet') return parquetSchemas(store, files, runtime)
  const records = await sampleRecords(stream, store, files, runtime)
  if (stream.format === 'csv') {
    return Object.fromEntries([...inferTypes(records)].map(([column, type]) => [column, { description: `In the sample: ${type}.` }]))
  }
  return Object.fromEntries(records.flatMap((record) => Object.keys(record).map((column) => [column, {}])))
}
