import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '#core/lib/error.ts'
import { Connection } from './connection.ts'
import { type Native, loadNative } from './native.ts'
import { Pipes } from './pipe.ts'
import { slotCount, slotCounts } from './pool-size.ts'
import { Slots } from './slots.ts'

export interface Format {
  contentType: string
  /** Reads its input at random, so that it must come from a file. */
  randomAccess: boolean
}

/** chDB on one folder, in this process: the engine can be opened only once. */
export class Engine {
  readonly version: string
  readonly timezone: string
  readonly pipes: Pipes
  readonly slots = { rows: new Slots(slotCounts.rows), data: new Slots(slotCounts.data), other: new Slots(slotCounts.other) }
  /** Results and uploads that need a file for a while. */
  readonly spool: string
  readonly #native: Native
  readonly #data: string
  readonly #formats: Map<string, Format>
  readonly #keeper: Connection
  #marks = 0

  private constructor(init: {
    native: Native
    data: string
    keeper: Connection
    about: { version: string; timezone: string }
    formats: Map<string, Format>
    pipes: Pipes
    spool: string
  }) {
    this.#native = init.native
    this.#data = init.data
    this.#keeper = init.keeper
    this.#formats = init.formats
    this.version = init.about.version
    this.timezone = init.about.timezone
    this.pipes = init.pipes
    this.spool = init.spool
  }

  /** Throws `warehouse-locked` while another process has the folder open. */
  static async open(folder: string): Promise<Engine> {
    const data = join(folder, 'data')
    mkdirSync(data, { recursive: true, mode: 0o700 })
    const native = loadNative()
    // The engine holds a lock on data/status, which the system drops with the process, however that ended.
    const keeper = openKeeper(native, folder, data)
    const about = await rowsOf<{ version: string; timezone: string }>(keeper, 'SELECT version() AS version, timezone() AS timezone')
    const known = await rowsOf<{ name: string; content_type: string; supports_random_access: number }>(
      keeper,
      'SELECT name, content_type, supports_random_access FROM system.formats',
    )
    const formats = new Map(
      known.map((format) => [
        format.name.toLowerCase(),
        { contentType: format.content_type, randomAccess: format.supports_random_access === 1 },
      ]),
    )
    const spool = join(folder, 'spool')
    // What a killed process left there is nobody's any more.
    rmSync(spool, { recursive: true, force: true })
    mkdirSync(spool, { recursive: true, mode: 0o700 })
    return new Engine({
      native,
      data,
      keeper,
      about: about[0]!,
      formats,
      pipes: new Pipes(join(folder, 'pipes'), slotCount),
      spool,
    })
  }

  connect(): Connection {
    return new Connection(this.#native, this.#data)
  }

  format(name: string): Format | undefined {
    return this.#formats.get(name.toLowerCase())
  }

  /** A comment that names a statement in `system.processes`, and by which it is found there. */
  mark(queryId: string): Mark {
    const run = `run: ${++this.#marks}`
    return { run, comment: `/* query_id: ${queryId.replaceAll('*/', '* /')}, ${run} */` }
  }

  /** Cancels a marked statement: repeats until the engine knew it, or it is over. Resolves then. */
  async cancel(mark: Mark, over: Promise<unknown>): Promise<void> {
    const ended = over.then(
      () => true,
      () => true,
    )
    // Split, so that this statement does not find itself.
    const sql = `KILL QUERY WHERE position(query, concat('${mark.run}', ' */')) > 0 ASYNC`
    for (let wait = 10; ; wait = Math.min(wait * 2, 1000)) {
      const killed = await this.admin(sql).catch(() => [])
      if (killed.length > 0) return
      if (await Promise.race([sleep(wait, false), ended])) return
    }
  }

  /** The rows of a small statement of our own. */
  async admin<Row>(sql: string): Promise<Row[]> {
    const connection = this.connect()
    try {
      return await rowsOf<Row>(connection, sql)
    } finally {
      await connection.close()
    }
  }

  async close(): Promise<void> {
    await this.#keeper.close()
  }
}

export interface Mark {
  run: string
  comment: string
}

export async function rowsOf<Row>(connection: Connection, sql: string): Promise<Row[]> {
  const { bytes } = await connection.query(sql, 'JSONEachRow')
  const text = Buffer.from(bytes).toString()
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Row)
}

function openKeeper(native: Native, folder: string, data: string): Connection {
  try {
    return new Connection(native, data)
  } catch (thrown) {
    // The addon does not say why; the engine's own reason goes to stderr.
    const holder = lockHolder(data)
    if (holder === undefined) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      throw new MillraceError({
        code: 'warehouse-open',
        fault: 'system',
        message: `The engine could not open ${data}: ${message}`,
        cause: thrown,
      })
    }
    throw new MillraceError({
      code: 'warehouse-locked',
      fault: 'config',
      message: `The data folder ${folder} is in use by process ${holder}.`,
      mend: 'Use the warehouse that runs, stop it, or give another --folder.',
      cause: thrown,
    })
  }
}

/** The process that the engine wrote beside its lock, when it is alive: a lock is gone with its process. */
function lockHolder(data: string): number | undefined {
  try {
    const pid = Number(/^PID: (\d+)/.exec(readFileSync(join(data, 'status'), 'utf8'))?.[1])
    if (pid === process.pid) return undefined
    process.kill(pid, 0)
    return pid
  } catch (thrown) {
    // Alive, but another user's.
    const { code } = thrown as NodeJS.ErrnoException
    return code === 'EPERM' ? Number(/\d+/.exec(readFileSync(join(data, 'status'), 'utf8'))?.[0]) : undefined
  }
}
