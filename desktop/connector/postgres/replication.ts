import type { Runtime } from '#core/lib/runtime.ts'
import type { PostgresConfig } from './config.ts'
import { type Connection, connect, quote, wireOf } from './connect.ts'
import { formatLsn } from './lsn.ts'
import { type Change, parseChange } from './pgoutput.ts'

export interface ReplicationRequest {
  /** Commits at or beyond this position are sent. */
  from: bigint
  /** What the server is told that it may forget: never beyond what the warehouse has. */
  confirmed: bigint
  /** The reading ends once everything that was committed before this position has come. */
  until: bigint
}

/** Changes that wait here; more, and the socket is not read until they are fewer. */
const mostBytes = 4_000_000
/** The server closes a connection that is silent for wal_sender_timeout, 60 s by default. */
const heartbeat = 1000

/**
 * The changes of the slot in the order of their commits, by the streaming replication protocol
 * (PostgreSQL docs, "Streaming Replication Protocol", "Logical Streaming Replication Parameters").
 */
export async function* replicate(config: PostgresConfig, request: ReplicationRequest, runtime: Runtime): AsyncGenerator<Change> {
  const connection = await connect(config, runtime.signal, true)
  const feed = new Feed(connection, request.confirmed)
  try {
    await feed.start(startSql(config, request.from), runtime)
    let isWithin = false
    for await (const item of feed.items()) {
      if ('reached' in item) {
        if (!isWithin && item.reached >= request.until) break
        continue
      }
      const { change } = item
      if (change.tag === 'begin') {
        // Commits come in order: from here on all is newer.
        if (change.commitLsn >= request.until) break
        isWithin = true
      }
      yield change
      if (change.tag === 'commit') {
        isWithin = false
        if (change.endLsn >= request.until) break
      }
    }
    await feed.stop(runtime)
  } finally {
    feed.end()
    connection.close()
  }
}

function startSql({ slot, publication }: PostgresConfig, from: bigint): string {
  const names = quote(publication).replaceAll("'", "''")
  return `START_REPLICATION SLOT "${slot}" LOGICAL ${formatLsn(from)} (proto_version '1', publication_names '${names}')`
}

type Item = { change: Change; bytes: number } | { reached: bigint; bytes: number }

/** What arrives, queued for who reads, with the heartbeat that the server wants. */
class Feed {
  private readonly connection: Connection
  private readonly confirmed: bigint
  private readonly wire
  private queue: Item[] = []
  private bytes = 0
  private received = 0n
  private failure: unknown
  private isOver = false
  private wake: () => void = () => undefined
  private timer: NodeJS.Timeout | undefined

  constructor(connection: Connection, confirmed: bigint) {
    this.connection = connection
    this.confirmed = confirmed
    this.wire = wireOf(connection.client)
  }

  /** A reader that was cut off may hold the slot for a moment longer. */
  async start(sql: string, { clock, signal }: Runtime): Promise<void> {
    this.wire.on('copyData', ({ chunk }: { chunk: Buffer }) => this.take(chunk))
    const started = new Promise<void>((resolve) => this.wire.once('replicationStart', () => resolve()))
    for (let attempt = 1; ; attempt++) {
      const ended = this.connection.client.query(sql)
      try {
        await Promise.race([started, ended])
        ended.then(
          () => this.finish(undefined),
          (thrown: unknown) => this.finish(thrown),
        )
        break
      } catch (thrown) {
        if ((thrown as { code?: string }).code !== '55006' || attempt === 20) throw thrown
        await clock.sleep(250, signal)
      }
    }
    this.report(true)
    this.timer = setInterval(() => this.report(true), heartbeat)
  }

  async *items(): AsyncGenerator<Item> {
    for (;;) {
      const item = this.queue.shift()
      if (item !== undefined) {
        this.bytes -= item.bytes
        if (this.bytes < mostBytes / 2) this.wire.stream.resume()
        yield item
        continue
      }
      if (this.failure !== undefined) throw this.failure
      if (this.isOver) throw new Error('Connection terminated: the server ended the replication.')
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }

  /** Lets go of the slot, so that the next read finds it free. What still comes is not wanted. */
  async stop({ signal }: Runtime): Promise<void> {
    this.wire.removeAllListeners('copyData')
    this.wire.stream.resume()
    this.wire.endCopyFrom()
    if (this.isOver || signal.aborted) return
    const patience = new Promise<void>((resolve) => setTimeout(resolve, 2 * heartbeat).unref())
    await Promise.race([new Promise<void>((resolve) => (this.wake = resolve)), patience])
  }

  end(): void {
    clearInterval(this.timer)
  }

  private finish(failure: unknown): void {
    this.isOver = true
    this.failure = failure
    this.wake()
  }

  /** Parsed at once: the bytes are those of a buffer that `pg` uses again. */
  private take(chunk: Buffer): void {
    try {
      const kind = String.fromCharCode(chunk[0]!)
      // XLogData: start, end and time before the message. Keepalive: how far the server has read the log.
      const item: Item =
        kind === 'w' ? { change: parseChange(chunk.subarray(25)), bytes: chunk.length } : { reached: chunk.readBigUInt64BE(1), bytes: 0 }
      const position = chunk.readBigUInt64BE(1)
      if (position > this.received) this.received = position
      this.queue.push(item)
      this.bytes += item.bytes
      if (this.bytes > mostBytes) this.wire.stream.pause()
    } catch (thrown) {
      this.finish(thrown)
    }
    this.wake()
  }

  /** Standby status update: written, flushed, applied, the time since 2000 in microseconds, whether to answer at once. */
  private report(wantsAnswer: boolean): void {
    if (this.isOver) return
    const message = Buffer.alloc(34)
    message.write('r', 0, 'latin1')
    message.writeBigUInt64BE(this.received > this.confirmed ? this.received : this.confirmed, 1)
    message.writeBigUInt64BE(this.confirmed, 9)
    message.writeBigUInt64BE(this.confirmed, 17)
    message.writeBigInt64BE(BigInt(Date.now() - Date.UTC(2000, 0, 1)) * 1000n, 25)
    message.writeUInt8(wantsAnswer ? 1 : 0, 33)
    this.wire.sendCopyFromChunk(message)
  }
}
