import { engineFailure } from './failure.ts'
import type { Native, NativeConnection, NativeResult, NativeWritten } from './native.ts'

/** One engine connection. Statements on it run one after the other; every failure is a ClickHouseFailure. */
export class Connection {
  readonly #native: Native
  readonly #connection: NativeConnection
  #last: Promise<unknown> = Promise.resolve()

  constructor(native: Native, folder: string) {
    this.#native = native
    this.#connection = native.CreateConnection(folder)
  }

  /** Runs a statement and holds its whole result: for results known to be small. */
  query(sql: string, format = 'TabSeparated', hidden: readonly string[] = []): Promise<NativeResult> {
    return this.#run(() => this.#native.QueryAsyncConnection(this.#connection, sql, format), hidden)
  }

  /** Runs an INSERT that brings or fetches its own rows. */
  write(sql: string, hidden: readonly string[] = []): Promise<NativeWritten> {
    // Anything after the statement would be data: a space is none.
    return this.#run(() => this.#native.InsertRawAsyncConnection(this.#connection, sql, Buffer.from(' '), false), hidden)
  }

  /** Closes it once nothing runs on it. */
  async close(): Promise<void> {
    await this.#last
    this.#native.CloseConnection(this.#connection)
  }

  async #run<Result>(start: () => Promise<Result>, hidden: readonly string[]): Promise<Result> {
    const given = this.#last.then(start)
    this.#last = given.catch(() => undefined)
    try {
      return await given
    } catch (thrown) {
      throw engineFailure(thrown, hidden)
    }
  }
}
