import type { Connection } from './connection.ts'
import { ClickHouseFailure } from './failure.ts'

interface Held {
  connection: Connection
  busy: boolean
  timeout: number
  timer: NodeJS.Timeout | undefined
}

/** Sessions of the HTTP interface: a connection kept for the requests that name the same `session_id`, one at a time. */
export class Sessions {
  readonly #held = new Map<string, Held>()
  readonly #connect: () => Connection

  constructor(connect: () => Connection) {
    this.#connect = connect
  }

  /** `isNew` when the session starts here. Throws SESSION_NOT_FOUND (with `check`) and SESSION_IS_LOCKED. Give it back with `release`. */
  take(id: string, { timeout, check }: { timeout: number; check: boolean }): { connection: Connection; isNew: boolean } {
    const held = this.#held.get(id)
    if (held === undefined) {
      if (check) throw new ClickHouseFailure(372, 'SESSION_NOT_FOUND', `Session ${id} not found.`)
      const connection = this.#connect()
      this.#held.set(id, { connection, busy: true, timeout, timer: undefined })
      return { connection, isNew: true }
    }
    if (held.busy) throw new ClickHouseFailure(373, 'SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client.`)
    clearTimeout(held.timer)
    held.busy = true
    held.timeout = timeout
    return { connection: held.connection, isNew: false }
  }

  async release(id: string, close: boolean): Promise<void> {
    const held = this.#held.get(id)
    if (held === undefined) return
    if (close) return this.#drop(id, held)
    held.busy = false
    held.timer = setTimeout(() => void this.#drop(id, held), held.timeout * 1000).unref()
  }

  async #drop(id: string, held: Held): Promise<void> {
    clearTimeout(held.timer)
    this.#held.delete(id)
    await held.connection.close()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held].map(([id, held]) => this.#drop(id, held)))
  }
}
