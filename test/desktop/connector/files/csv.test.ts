import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { files } from '#desktop/connector/files/index.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { readSource } from '#test/fixture/source-messages.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

type Content = string | Uint8Array

/** Reads files of the given contents as the one stream `s`, without the fields that tell of the file. */
function read(contents: Record<string, Content> | Content, stream: JsonObject = {}, log: string[] = []) {
  const folder = tempFolder()
  const named = typeof contents === 'string' || contents instanceof Uint8Array ? { 'a.csv': contents } : contents
  for (const [name, content] of Object.entries(named)) writeFileSync(join(folder, name), content)
  const settings = { location: folder, file_fields: false, streams: { s: { files: Object.keys(named), format: 'csv', ...stream } } }
  return readSource(files, settings, { runtime: testRuntime({ log: (_, message) => log.push(message) }) })
}

const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`

describe('fields', () => {
  test('quotes, line ends of every kind, a mark at the beginning and empty lines are read as spreadsheets write them', async () => {
    const { records } = await read('\uFEFFid,note\r\n1,"a ""b"", c\r\nd"\n\n2,plain\r3,\n')
    expect(records).toEqual([
      { id: 1, note: 'a "b", c\r\nd' },
      { id: 2, note: 'plain' },
      { id: 3, note: null },
    ])
  })

  test('whatever texts are written, the same are read', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', ';', 'é', '😀', '\t', '#') })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(',', ';', '\t', '||'),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.constantFrom('utf-8', 'utf-16le'),
        fc.constantFrom('none', 'gzip', 'zstd'),
        async (rows, delimiter, end, encoding, compression) => {
          const text = [['a', 'b'], ...rows].map((row) => row.map(quoted).join(delimiter) + end).join('')
          const bytes = Buffer.from(text, encoding as BufferEncoding)
          const packed = compression === 'gzip' ? gzipSync(bytes) : compression === 'zstd' ? zstdCompressSync(bytes) : bytes
          const { records, error } = await read(packed, {
            compression,
            encoding,
            csv: { delimiter, null_values: [] },
            columns: { a: 'text', b: 'text' },
          })
          expect(error).toBeUndefined()
          expect(records).toEqual(rows.map(([a, b]) => ({ a, b })))
        },
      ),
      { numRuns: 150 },
    )
  })

  test('options: quote, escape, comment, skipped rows, header by setting, nulls, white space', async () => {
    const text = "exported today\n# a comment\nx; 'it\\'s' ;NULL\n"
    const csv = {
      delimiter: ';',
      quote: "'",
      escape: '\\',
      comment: '#',
      skip_rows: 1,
      header: ['a', 'b', 'c'],
      null_values: ['NULL'],
      trim: true,
    }
    expect((await read(text, { csv })).records).toEqual([{ a: 'x', b: "it's", c: null }])
  })

  test('columns without a name, or with one that is taken, are told apart', async () => {
    expect((await read('a,,a,a_2\n1,2,3,4\n')).records).toEqual([{ a: 1, column_2: 2, a_2: 3, a_2_2: 4 }])
    expect((await read('1,2\n3,4\n', { csv: { header: false } })).records).toEqual([
      { column_1: 1, column_2: 2 },
      { column_1: 3, column_2: 4 },
    ])
  })

  test('names and fields that objects of JavaScript have are names and fields like others', async () => {
    const { records } = await read('constructor,toString,__proto__\nvalueOf,1,2\n')
    expect(records.map((record) => Object.entries(record))).toEqual([
      [
        ['constructor', 'valueOf'],
        ['toString', 1],
        ['column_3', 2],
      ],
    ])
  })

  test('other encodings are read, and bytes that are none end it', async () => {
    const bytes = Buffer.from('a\nMünchen €\n', 'latin1')
    bytes[bytes.length - 2] = 0x80
    expect((await read(bytes, { encoding: 'windows-1252' })).records).toEqual([{ a: 'München €' }])
    expect((await read(bytes)).error).toMatchObject({ code: 'wrong-encoding', message: expect.stringContaining('a.csv') })
    expect(() => files.config.parse({ location: '/', streams: { s: { files: 'a', format: 'csv', encoding: 'klingon' } } })).toThrow(
      'encoding',
    )
  })

  test('a file named .tsv has tabs', async () => {
    expect((await read({ 'a.tsv': 'a\tb\n1\t2\n', 'b.tsv.gz': gzipSync('a\tb\n3\t4\n') })).records).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ])
  })
})

describe('types', () => {
  test('are those of the sample over all files, and a number that would lose a digit is a text', async () => {
    const { records } = await read({
      'a.csv': 'int,num,bool,zip,big,mixed\n1,1.50,true,01234,12345678901234567890,1\n',
      'b.csv': 'int,num,bool,zip,big,mixed\n-2,-3e2,False,12345,1,x\n',
    })
    expect(records).toEqual([
      { int: 1, num: 1.5, bool: true, zip: '01234', big: '12345678901234567890', mixed: '1' },
      { int: -2, num: -300, bool: false, zip: '12345', big: '1', mixed: 'x' },
    ])
  })

  test('a value beyond the sample that does not fit stays the text it is', async () => {
    const rows = Array.from({ length: 1500 }, (_, index) => `${index}\n`).join('')
    const { records } = await read(`a\n${rows}007\nn/a\n`)
    expect(records[1499]).toEqual({ a: 1499 })
    expect(records.slice(-2)).toEqual([{ a: '007' }, { a: 'n/a' }])
  })

  test('a declared column is what was declared', async () => {
    const { records } = await read('a,b,c\n1,007,TRUE\n2,x,no\n', { columns: { a: 'text', b: 'integer', c: 'boolean' } })
    expect(records).toEqual([
      { a: '1', b: '7', c: true },
      { a: '2', b: 'x', c: 'no' },
    ])
  })

  test('whatever a sample says, no value is changed but for how a number is written', async () => {
    const field = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true }).map(String),
      fc.bigInt().map(String),
      fc.constantFrom('007', '1.10', '-0', '1e5', 'true', 'True', '.', '-', '1.', '.5', '0.1234567890123456789'),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(field, { minLength: 1, maxLength: 5 }), async (fields) => {
        const { records } = await read(`a,b\n${fields.map((value) => `${quoted(value)},1\n`).join('')}`, { csv: { null_values: [] } })
        for (const [index, { a }] of records.entries()) {
          const text = fields[index]!
          if (typeof a === 'string') expect(a).toBe(text)
          else if (typeof a === 'boolean') expect(String(a)).toBe(text.toLowerCase())
          else expect(text).toSatisfy((written: string) => Number(written) === a && !/^-?0\d/.test(written))
        }
        expect(records).toHaveLength(fields.length)
      }),
      { numRuns: 150 },
    )
  })
})

describe('lines that cannot be read', () => {
  const broken = 'id,name\n1,a\n2,b,c\n3\n4,"d"x\n5,e\n'

  test('end the stream with file and line', async () => {
    const { error } = await read(broken)
    expect(error).toMatchObject({ code: 'bad-line', message: expect.stringContaining('a.csv, line 3') })
  })

  test('or are left out, logged and counted', async () => {
    const log: string[] = []
    const { records, error } = await read(broken, { on_bad_line: 'skip' }, log)
    expect(error).toBeUndefined()
    expect(records).toEqual([
      { id: 1, name: 'a' },
      { id: 4, name: '"d"x' },
      { id: 5, name: 'e' },
    ])
    expect(log).toContain('2 lines of a.csv could not be read and were left out')
  })

  test.each(['fail', 'skip'])('a quote that is never closed ends it even so, since all that follows would be lost (%s)', async (policy) => {
    const { error } = await read('id,name\n1,"a\n2,b\n', { on_bad_line: policy })
    expect(error).toMatchObject({ code: 'bad-line', message: expect.stringMatching(/quote/i) })
    const huge = await read(`id,name\n1,"a\n${'2,b\n'.repeat(5_000_000)}`, { on_bad_line: policy })
    expect(huge.error).toMatchObject({ code: 'bad-line', message: expect.stringMatching(/record size.*follows record 1$/i) })
  })

  test('a header by setting that the file does not have ends it', async () => {
    expect((await read('1,2\n', { csv: { header: ['a'] } })).error).toMatchObject({ code: 'wrong-header' })
  })

  test('options that do not go together are said to be', async () => {
    for (const delimiter of ['\n', '"']) await expect(read('a\n', { csv: { delimiter } })).rejects.toThrow('delimiter')
  })

  test('a compressed file that ends early ends it, and may be tried again', async () => {
    const packed = gzipSync('id\n' + '1\n'.repeat(1000))
    expect((await read({ 'a.csv.gz': packed.subarray(0, -12) })).error).toMatchObject({ code: 'file-damaged', retryable: true })
    expect((await read('id\n1\n', { compression: 'gzip' })).error).toMatchObject({ code: 'file-damaged', retryable: false })
    const frame = zstdCompressSync('id\n' + '1\n'.repeat(1000))
    expect((await read({ 'a.csv.zst': frame.subarray(0, -5) })).error).toMatchObject({ code: 'file-damaged' })
    expect((await read({ 'a.csv.zst': Buffer.concat([frame, Buffer.from('more')]) })).error).toMatchObject({ code: 'file-damaged' })
  })
})

const parts = (pack: (text: string) => Uint8Array) => Buffer.concat([pack('id\n1\n'), pack('2\n'), pack('3\n')])

test('files packed in several parts are read whole, and one that is named so and is not is read as it is', async () => {
  for (const [name, content] of Object.entries({
    'a.csv.gz': parts(gzipSync),
    'a.csv.zst': parts(zstdCompressSync),
    'b.csv.gz': 'id\n1\n2\n3\n',
  })) {
    expect((await read({ [name]: content })).records).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
  }
})

test('a file without rows, and one without anything, are empty', async () => {
  expect((await read({ 'a.csv': 'id,name\n', 'b.csv': '', 'c.csv.gz': '', 'd.csv.gz': gzipSync('') })).records).toEqual([])
})
