import type { Connection } from './connection.ts'
import { ClickHouseFailure } from './failure.ts'

interface Held {
  connection: Connection
  /** The request that has it; undefined while it waits for the next one. */
  user: User | undefined
  timeout: number
  timer: NodeJS.Timeout | undefined
}

interface User {
  /** True once its answer is out: its client may already send the next request while the session is put in order. */
  answered: () => boolean
  done: Promise<void>
  finish: () => void
}

/** Sessions of the HTTP interface: a connection kept for the requests that name the same `session_id`, one at a time. */
export class Sessions {
  readonly #held = new Map<string, Held>()
  readonly #connect: () => Connection

  constructor(connect: () => Connection) {
    this.#connect = connect
  }

  /** Throws SESSION_NOT_FOUND (with `check`) and SESSION_IS_LOCKED. Give it back with `release`. */
  async take(id: string, { timeout, check, answered }: { timeout: number; check: boolean; answered: () => boolean }): Promise<Connection> {
    let held = this.#held.get(id)
    while (held?.user !== undefined) {
      if (!held.user.answered()) throw new ClickHouseFailure(373, 'SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client.`)
      await held.user.done
      held = this.#held.get(id)
    }
    if (held === undefined) {
      if (check) throw new ClickHouseFailure(372, 'SESSION_NOT_FOUND', `Session ${id} not found.`)
      held = { connection: this.#connect(), user: undefined, timeout, timer: undefined }
      this.#held.set(id, held)
    }
    clearTimeout(held.timer)
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    held.user = { answered, done, finish }
    held.timeout = timeout
    return held.connection
  }

  async release(id: string, close: boolean): Promise<void> {
    const held = this.#held.get(id)
    if (held === undefined) return
    if (close) await this.#drop(id, held)
    else held.timer = setTimeout(() => void this.#drop(id, held), held.timeout * 1000).unref()
    held.user?.finish()
    held.user = undefined
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
