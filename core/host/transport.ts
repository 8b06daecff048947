import type { ErrorData } from '../lib/error.ts'
import type { EventName } from './contract.ts'

/**
 * How the studio reaches the host. Siblings: memory, HTTP with server-sent events, Electron's
 * MessagePort; all pass `test/conformance/transport.ts`. It carries JSON, unparsed: `client` and
 * `dispatch` parse with the contract on either side.
 */
export interface Transport {
  /** Resolves with the host's answer; rejects only with a MillraceError. */
  call(method: string, input: unknown): Promise<unknown>
  /** Calls back for every event of that name until the returned function is called. */
  listen(event: EventName, callback: (data: unknown) => void): () => void
}

/** An answer on the wire. */
export type Reply = { ok: true; value: unknown } | { ok: false; error: ErrorData }
