import type { Json } from '../../../lib/json.ts'
import { parseJson } from '../http/json.ts'
import type { Answer } from '../http/answer.ts'
import type { DecoderComponent } from '../manifest/decoder-component.ts'
import { bodyBytes, unreadableBody, wholeText } from './body.ts'
import { gunzipped, unzipped } from './compressed.ts'
import { decodeCsv } from './csv.ts'
import { decodeIterable, decodeJsonLines } from './lines.ts'
import { decodeXml } from './xml.ts'

/** A decoder ready to read: a custom one is a function by then. */
export type BodyDecoder =
  | Exclude<DecoderComponent, { type: 'CustomDecoder' | 'GzipDecoder' | 'ZipfileDecoder' }>
  | { type: 'GzipDecoder'; decoder: BodyDecoder }
  | { type: 'ZipfileDecoder'; decoder: BodyDecoder }
  | ((bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Json>)

/**
 * Reads the body of a response: an error's as text; JSON and XML whole, into `json` (undefined when it is
 * none); any other format into `items`, read while they are asked for.
 */
export async function readAnswer(response: Response, decoder: BodyDecoder): Promise<Answer> {
  const { status, headers } = response
  if (isWhole(decoder) || status >= 400) {
    const text = await response.text()
    return { status, headers, text, json: status < 400 && formatName(decoder) === 'XML' ? tryXml(text) : tryJson(text) }
  }
  // A page for people where data should be is an intermediary's.
  if (headers.get('content-type')?.startsWith('text/html')) return { status, headers, text: await response.text(), json: undefined }
  return { status, headers, text: '', json: {}, items: decodeItems(decoder, await bodyBytes(response)) }
}

/** Whether a body is read whole, into `json`. */
export function isWhole(decoder: BodyDecoder): boolean {
  return typeof decoder !== 'function' && (decoder.type === 'JsonDecoder' || decoder.type === 'XmlDecoder')
}

/** The format's name, for messages. */
export function formatName(decoder: BodyDecoder): string {
  return typeof decoder === 'function' ? 'in its format' : decoder.type.replace('Decoder', '').toUpperCase()
}

function decodeItems(decoder: BodyDecoder, bytes: AsyncIterable<Uint8Array>): AsyncIterable<Json> {
  if (typeof decoder === 'function') return decoder(bytes)
  switch (decoder.type) {
    case 'JsonDecoder':
      return decodeWhole(bytes, parseJson, 'JSON')
    case 'XmlDecoder':
      return decodeWhole(bytes, decodeXml, 'XML')
    case 'JsonlDecoder':
      return decodeJsonLines(bytes)
    case 'IterableDecoder':
      return decodeIterable(bytes)
    case 'CsvDecoder':
      return decodeCsv(bytes, decoder)
    case 'GzipDecoder':
      return decodeItems(decoder.decoder, gunzipped(bytes))
    case 'ZipfileDecoder':
      return decodeFiles(decoder.decoder, bytes)
  }
}

async function* decodeFiles(decoder: BodyDecoder, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Json> {
  for await (const file of unzipped(bytes)) yield* decodeItems(decoder, file)
}

async function* decodeWhole(bytes: AsyncIterable<Uint8Array>, parse: (text: string) => Json, what: string): AsyncGenerator<Json> {
  const text = await wholeText(bytes)
  if (text.trim() === '') return
  try {
    yield parse(text)
  } catch (thrown) {
    throw unreadableBody(what, thrown)
  }
}

/** A body of nothing is an answer without records. */
function tryJson(text: string): Json | undefined {
  if (text.trim() === '') return {}
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function tryXml(text: string): Json | undefined {
  if (text.trim() === '') return {}
  try {
    return decodeXml(text)
  } catch {
    return undefined
  }
}
