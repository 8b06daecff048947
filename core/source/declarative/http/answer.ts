import type { Json } from '../../../lib/json.ts'

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The parsed body; undefined when it is not JSON. */
  json: Json | undefined
}

/** An answer that can be read. */
export type Accepted = Answer & { json: Json }
