import { parse } from 'csv-parse/browser/esm'
import type { Json } from '../../../lib/json.ts'
import type { DecoderComponent } from '../manifest/decoder-component.ts'
import { textOf, unreadableBody } from './body.ts'

export type CsvComponent = Extract<DecoderComponent, { type: 'CsvDecoder' }>

/** Python's names of encodings that the platform's TextDecoder knows by another. */
const encodings: Record<string, string> = {
  utf_8: 'utf-8',
  utf_8_sig: 'utf-8',
  'utf-8-sig': 'utf-8',
  latin_1: 'latin1',
  cp1252: 'windows-1252',
}

/**
 * CSV with a header line, an object of texts a row, as Python's csv.DictReader reads it: a column that a
 * short row lacks is null, fields beyond the header are left out.
 */
export async function* decodeCsv(bytes: AsyncIterable<Uint8Array>, component: CsvComponent): AsyncGenerator<Json> {
  const encoding = component.encoding.toLowerCase()
  const absent = new Set(component.set_values_to_none)
  let header: string[] | undefined
  const rows = parse({
    bom: true,
    delimiter: component.delimiter.replaceAll(String.raw`\t`, '\t'),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  })
  const ready: string[][] = []
  let failure: unknown
  rows.on('data', (fields: string[]) => ready.push(fields))
  rows.on('error', (thrown: unknown) => {
    failure = thrown
  })
  const row = (fields: string[]): Json => {
    const entries = header!.map((name, index): [string, Json] => {
      const value = fields[index]
      return [name, value === undefined || absent.has(value) ? null : value]
    })
    return Object.fromEntries(entries)
  }
  function* drain(): Generator<Json> {
    if (failure !== undefined) throw unreadableBody('CSV', failure)
    for (const fields of ready.splice(0)) {
      if (header === undefined) header = fields
      else yield row(fields)
    }
  }
  for await (const text of textOf(bytes, encodings[encoding] ?? encoding)) {
    if (text === '') continue
    await new Promise<void>((resolve) => rows.write(text, () => resolve()))
    yield* drain()
  }
  await new Promise<void>((resolve) => {
    rows.once('end', resolve).once('error', () => resolve())
    rows.end()
  })
  yield* drain()
}
