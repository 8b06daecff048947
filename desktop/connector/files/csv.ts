import { pipeline, Readable } from 'node:stream'
import { type CsvError, type Options, parse } from 'csv-parse'
import { MillraceError } from '#core/lib/error.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { decode, readBytes } from './bytes.ts'
import { cellReader } from './cell.ts'
import type { CsvOptions } from './config.ts'
import { decompress } from './decompress.ts'
import { type FileInput, type Row, RowBatch } from './row.ts'

/** A record of more characters than this is a quote that was never closed. */
const maxRecord = 16_000_000

/** The rows of a CSV file (RFC 4180, and what is written in its name), by column. */
export async function* readCsv(input: FileInput): AsyncGenerator<Row[]> {
  const { file, store, stream, bad, runtime } = input
  const bytes = decompress(readBytes(store, file, runtime), file.name, stream.compression)
  const parser = parse(parserOptions(stream.csv, file.name, input))
  pipeline(Readable.from(decode(bytes, file.name, stream.encoding)), parser, () => undefined)
  const batch = new RowBatch()
  let columns = Array.isArray(stream.csv.header) ? columnsOf(stream.csv.header, input) : undefined
  for await (const fields of parser as AsyncIterable<string[]>) {
    if (columns === undefined) {
      columns = columnsOf(stream.csv.header === true ? fields : fields.map(() => ''), input)
      if (stream.csv.header === true) continue
    }
    if (fields.length !== columns.length) throw wrongHeader(file.name, columns.length, fields.length)
    const record: JsonObject = {}
    let length = 0
    for (const [index, { name, read }] of columns.entries()) {
      const field = fields[index]!
      record[name] = read(field)
      length += field.length + name.length
    }
    if (batch.add(record, length)) yield batch.take()
  }
  yield batch.take()
  bad.sum()
}

/** A quote that is never closed: it is not known where the next line begins. */
const endless = new Set<string>(['CSV_QUOTE_NOT_CLOSED', 'CSV_MAX_RECORD_SIZE'])

function parserOptions(csv: CsvOptions, name: string, { bad, stream }: FileInput): Options {
  return {
    delimiter: csv.delimiter ?? (/\.(tsv|tab)(\.|$)/i.test(name) ? '\t' : ','),
    quote: csv.quote === '' ? null : csv.quote,
    escape: csv.escape ?? (csv.quote === '' ? null : csv.quote),
    comment: csv.comment === '' ? null : csv.comment,
    comment_no_infix: true,
    // All three, since one file may have several.
    record_delimiter: ['\r\n', '\n', '\r'],
    from_line: csv.skip_rows + 1,
    trim: csv.trim,
    skip_empty_lines: true,
    max_record_size: maxRecord,
    // Else a quote in a wrong place would open a field up to the next quote, and lines in between were lost.
    relax_quotes: stream.on_bad_line === 'skip',
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error === undefined) return
      if (endless.has(error.code)) throw bad.end(lineOf(error), `${error.message}, in what follows record ${recordsOf(error)}`, error)
      bad.note(lineOf(error), error.message, error)
    },
  }
}

function lineOf(error: CsvError): number {
  return 'lines' in error ? Number(error.lines) : 0
}

/** Records before the error, the header included. */
function recordsOf(error: CsvError): number {
  return 'records' in error ? Number(error.records) : 0
}

interface Column {
  name: string
  read: (field: string) => Json
}

/** A column without a name is called by its place, and one whose name is taken gets a number: no field is lost. */
function columnsOf(header: readonly string[], { stream, types }: FileInput): Column[] {
  const taken = new Set<string>()
  return header.map((title, index) => {
    const plain = title.trim() === '' || title === '__proto__' ? `column_${index + 1}` : title.trim()
    let name = plain
    for (let number = 2; taken.has(name); number++) name = `${plain}_${number}`
    taken.add(name)
    const declared = Object.hasOwn(stream.columns, name) ? stream.columns[name] : undefined
    return { name, read: cellReader(declared ?? types.get(name) ?? 'text', declared !== undefined, stream.csv.null_values) }
  })
}

function wrongHeader(name: string, named: number, found: number): MillraceError {
  return new MillraceError({
    code: 'wrong-header',
    fault: 'config',
    message: `${name} has ${found} columns, and csv.header names ${named}.`,
    mend: 'Correct csv.header of the stream.',
  })
}
