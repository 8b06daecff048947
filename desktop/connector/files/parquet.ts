import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { MillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { readBytes } from './bytes.ts'
import { compressionOf } from './decompress.ts'
import { columnSchema, parsers, rawSchema, valueReader } from './parquet-value.ts'
import type { FileInput, Row } from './row.ts'
import type { FileStore, StoredFile } from './stored-file.ts'

const batchRows = 1000

/** The rows of a Parquet file, by row group: what is in memory is one of them. */
export async function* readParquet({ file, store, runtime }: FileInput): AsyncGenerator<Row[]> {
  const { buffer, metadata } = await openParquet(store, file, runtime)
  const columns = parquetSchema(metadata).children.map((node) => ({ name: node.element.name, read: valueReader(node) }))
  const raw = { ...metadata, schema: metadata.schema.map(rawSchema) }
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const groupRows = await readGroup(buffer, raw, rowStart, rowEnd, file.name)
    for (let at = 0; at < groupRows.length; at += batchRows) {
      yield groupRows.slice(at, at + batchRows).map((values, index) => {
        const record: JsonObject = {}
        for (const { name, read } of columns) record[name] = read(values[name])
        return { row: rowStart + at + index + 1, record }
      })
    }
    rowStart = rowEnd
  }
}

/** The JSON Schema of each column, from the file's own schema. */
export async function parquetColumns(store: FileStore, file: StoredFile, runtime: Runtime): Promise<Record<string, JsonObject>> {
  const { metadata } = await openParquet(store, file, runtime)
  return Object.fromEntries(parquetSchema(metadata).children.map((node) => [node.element.name, columnSchema(node)]))
}

async function openParquet(store: FileStore, file: StoredFile, runtime: Runtime): Promise<{ buffer: AsyncBuffer; metadata: FileMetaData }> {
  if (compressionOf(file.name) !== 'none') throw notParquet(file.name, 'it is compressed as a whole, and Parquet is compressed within')
  if (file.size === undefined) throw notParquet(file.name, 'the server does not tell its size')
  const buffer: AsyncBuffer = { byteLength: file.size, slice: (start, end = file.size) => readRange(store, file, runtime, start, end!) }
  try {
    return { buffer, metadata: await parquetMetadataAsync(buffer, { parsers }) }
  } catch (thrown) {
    throw damaged(thrown, file.name)
  }
}

async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  rowStart: number,
  rowEnd: number,
  name: string,
): Promise<Record<string, unknown>[]> {
  let found: Record<string, unknown>[] = []
  try {
    await parquetRead({
      file,
      metadata,
      rowStart,
      rowEnd,
      rowFormat: 'object',
      utf8: false,
      compressors,
      parsers,
      onComplete: (rows) => {
        found = rows
      },
    })
  } catch (thrown) {
    throw damaged(thrown, name)
  }
  return found
}

async function readRange(store: FileStore, file: StoredFile, runtime: Runtime, start: number, end: number): Promise<ArrayBuffer> {
  const whole = new Uint8Array(end - start)
  let length = 0
  const ranged: FileStore = {
    ...store,
    async open(...args) {
      const part = await store.open(...args)
      if (part.start !== args[1]) throw notParquet(file.name, 'the server sends it whole only, and a part was asked for (Range)')
      return part
    },
  }
  for await (const bytes of readBytes(ranged, file, runtime, start, end)) {
    whole.set(bytes, length)
    length += bytes.length
  }
  return whole.buffer
}

function notParquet(name: string, reason: string): MillraceError {
  return new MillraceError({
    code: 'wrong-format',
    fault: 'config',
    message: `${name} cannot be read as Parquet: ${reason}.`,
    mend: 'Put it where it can be read in parts: on the disk, or in an S3 store.',
  })
}

/** What the parser throws is about the file's bytes; what the store throws is its own. */
function damaged(thrown: unknown, name: string): unknown {
  if (!(thrown instanceof Error) || thrown instanceof MillraceError || thrown.name === 'AbortError') return thrown
  return new MillraceError({
    code: 'file-damaged',
    fault: 'config',
    message: `${name} is no Parquet file that can be read: ${thrown.message}.`,
    mend: 'Write it anew, or correct format of the stream.',
    cause: thrown,
  })
}
