import { MillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { decode, readBytes } from './bytes.ts'
import { decompress } from './decompress.ts'
import { isObject, parseJson } from './json-text.ts'
import { type FileInput, type Row, RowBatch } from './row.ts'
import { splitObjects } from './split-objects.ts'

/** A line of more characters than this is no line of JSON. */
const maxLine = 64_000_000

/** The rows of a file with one JSON object a line (jsonlines.org); empty lines are none. */
export async function* readJsonl(input: FileInput): AsyncGenerator<Row[]> {
  const batch = new RowBatch()
  let line = 0
  for await (const text of lines(textOf(input), input.file.name)) {
    line++
    if (text.trim() === '') continue
    const record = objectOf(text, line, input)
    if (record !== undefined && batch.add(record, text.length)) yield batch.take()
  }
  yield batch.take()
  input.bad.sum()
}

/** The rows of a file that is a list of objects, or objects one after the other, in any layout. */
export async function* readJson(input: FileInput): AsyncGenerator<Row[]> {
  const batch = new RowBatch()
  for await (const { text, line } of splitObjects(textOf(input), input.file.name)) {
    const record = objectOf(text, line, input)
    if (record !== undefined && batch.add(record, text.length)) yield batch.take()
  }
  yield batch.take()
  input.bad.sum()
}

function textOf({ file, store, stream, runtime }: FileInput): AsyncIterable<string> {
  return decode(decompress(readBytes(store, file, runtime), file.name, stream.compression), file.name, stream.encoding)
}

function objectOf(text: string, line: number, { bad }: FileInput): JsonObject | undefined {
  try {
    const value = parseJson(text)
    if (isObject(value)) return value
  } catch (thrown) {
    bad.note(line, thrown instanceof Error ? thrown.message : 'no JSON', thrown)
    return undefined
  }
  bad.note(line, 'a value that is no object')
  return undefined
}

async function* lines(text: AsyncIterable<string>, name: string): AsyncGenerator<string> {
  let rest: string[] = []
  let length = 0
  for await (const chunk of text) {
    const parts = chunk.split('\n')
    length += chunk.length
    if (parts.length > 1) {
      yield rest.join('') + parts[0]!
      yield* parts.slice(1, -1)
      rest = []
      length = parts.at(-1)!.length
    }
    rest.push(parts.at(-1)!)
    if (length > maxLine) throw endlessLine(name)
  }
  if (length > 0) yield rest.join('')
}

function endlessLine(name: string): MillraceError {
  return new MillraceError({
    code: 'wrong-format',
    fault: 'config',
    message: `${name} has a line of more than ${maxLine} characters.`,
    mend: 'Set format: json of the stream when the file is one list of objects.',
  })
}
