import type { Json } from '../../../lib/json.ts'
import { parseJson } from '../http/json.ts'
import { textOf, unreadableBody } from './body.ts'

/** JSON Lines: a value a line; empty lines are left out. */
export async function* decodeJsonLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Json> {
  for await (const line of linesOf(bytes)) {
    try {
      yield parseJson(line)
    } catch (thrown) {
      throw unreadableBody('JSON, a value a line', thrown)
    }
  }
}

/** Each line of a text as `{ record: line }` (component schema, "IterableDecoder"). */
export async function* decodeIterable(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Json> {
  for await (const line of linesOf(bytes)) yield { record: line }
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of textOf(bytes, 'utf-8')) {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line.trim() !== '') yield line.replace(/\r$/, '')
  }
  if (rest.trim() !== '') yield rest.replace(/\r$/, '')
}
