import type { Json } from '../../../lib/json.ts'

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The parsed body; undefined when it is not what it should be. */
  json: Json | undefined
  /** What a decoder other than JSON and XML reads of the body, while it is asked for; `json` is empty then. */
  items?: AsyncIterable<Json>
}

/** An answer that can be read. */
export type Accepted = Answer & { json: Json }
