import type { JsonObject } from '../../lib/json.ts'
import type { ClientHints } from './client-hints.ts'

/** What a request tells of who sent it. Each is read when it is asked for: events of servers ask for none of it. */
export interface Visitor {
  /** The address it came from. */
  readonly ip: string | undefined
  /** The User-Agent header. */
  readonly userAgent: string | undefined
  readonly hints: ClientHints | undefined
  readonly place: Place | undefined
}

/** Where an address is, and whose network it is in. */
export interface Place {
  location?: JsonObject
  network?: JsonObject
}
