import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { identifier } from '#core/warehouse/sql.ts'
import { type Context, contextStatements } from '../engine/context.ts'
import type { Connection } from '../engine/connection.ts'
import type { Engine } from '../engine/engine.ts'
import { ClickHouseFailure, engineFailure } from '../engine/failure.ts'
import { checkReach } from '../engine/reach.ts'
import { Sessions } from '../engine/session.ts'
import { type Statement, readStatement } from '../engine/statement.ts'
import { takeData } from '../engine/take-data.ts'
import { displayName, sendFailure } from './answer.ts'
import { Body } from './body.ts'
import { type ExternalTable, createTable } from './form.ts'
import { refusal } from './guard.ts'
import { type Account, login } from './login.ts'
import { refuse, requireFormat, runQuery } from './query.ts'
import { readQuery } from './read-query.ts'
import { type QueryRequest, readRequest } from './request.ts'
import { keepSession, refuseWriting } from './session-scope.ts'
import { type Upload, discard, readUpload } from './upload.ts'

/** ClickHouse's HTTP interface over the engine, on 127.0.0.1. */
export class Face {
  readonly #engine: Engine
  readonly #account: Account
  readonly #sessions: Sessions
  readonly #server = createServer(
    // The head holds the URL: 1 MiB, as ClickHouse's http_max_uri_size. An upload may take as long as it goes on.
    { maxHeaderSize: 1024 * 1024 + 64 * 1024, requestTimeout: 0, keepAliveTimeout: 30_000 },
    (request, response) => void this.#answer(request, response),
  )
  readonly #running = new Set<Promise<void>>()

  constructor(engine: Engine, account: Account) {
    this.#engine = engine
    this.#account = account
    this.#sessions = new Sessions(() => engine.connect())
  }

  /** Resolves with the port; rejects with EADDRINUSE. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        resolve((this.#server.address() as AddressInfo).port)
      })
    })
  }

  /** Takes no more requests, breaks off those that run, and resolves when the engine is done with them. */
  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await Promise.allSettled(this.#running)
    await this.#sessions.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { port } = this.#server.address() as AddressInfo
    const refused = refusal(request.headers, port)
    if (refused !== undefined) return plain(response, 403, refused)
    const url = new URL(request.url ?? '/', `http://127.0.0.1:${port}`)
    const query = url.searchParams.has('query')
    const reads = request.method === 'GET' || request.method === 'HEAD'
    if (url.pathname === '/ping' || url.pathname === '/replicas_status') return plain(response, 200, 'Ok.')
    if (url.pathname !== '/') return plain(response, 404, `There is nothing at ${url.pathname}: queries go to /, health checks to /ping.`)
    if (reads && !query) return plain(response, 200, 'Ok.')
    if (!reads && request.method !== 'POST') return plain(response, 405, 'Queries come by GET or POST.')
    const running = this.#serve(request, response, url.searchParams)
    this.#running.add(running)
    await running
    this.#running.delete(running)
  }

  /** Never rejects: what goes wrong is answered. */
  async #serve(request: IncomingMessage, response: ServerResponse, params: URLSearchParams): Promise<void> {
    const abort = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) abort.abort(new Error('the client is gone'))
    })
    let queryId: string | undefined
    try {
      login(this.#account, request.headers, params)
      const upload = await readUpload(request, params)
      const query = readRequest(request, params)
      queryId = query.queryId
      await this.#run(response, query, upload, abort.signal)
    } catch (thrown) {
      if (abort.signal.aborted) return void response.destroy()
      sendFailure(response, failureOf(thrown), this.#engine.version, queryId)
    } finally {
      discard(request)
    }
  }

  async #run(response: ServerResponse, request: QueryRequest, upload: Upload, signal: AbortSignal): Promise<void> {
    const body = new Body(upload.body)
    const { statement, data } = await readQuery(request, body, upload.compression)
    refuse(statement)
    checkReach(statement, request.context)
    const release = await this.#engine.slots[statement.kind].take(signal)
    try {
      await this.#onConnection(request, response, statement, async (connection) => {
        for (const table of upload.tables) await this.#load(connection, table)
        const dataCompression = upload.compression
        await runQuery({ engine: this.#engine, connection, request, statement, data, dataCompression, response, signal })
      })
    } finally {
      release()
    }
  }

  /** A connection of the request's own, or its session's, brought into its context. */
  async #onConnection(
    request: QueryRequest,
    response: ServerResponse,
    statement: Statement,
    run: (connection: Connection) => Promise<void>,
  ): Promise<void> {
    const { session, context } = request
    if (session === undefined) {
      const connection = this.#engine.connect()
      try {
        await enter(connection, context)
        await run(connection)
      } finally {
        await connection.close()
      }
      return
    }
    if (context.readonly) refuseWriting(statement)
    const connection = await this.#sessions.take(session.id, { ...session, answered: () => response.writableEnded })
    try {
      const restore = await keepSession(connection, context)
      try {
        await enter(connection, { ...context, readonly: false })
        await run(connection)
      } finally {
        await restore()
      }
    } finally {
      await this.#sessions.release(session.id, session.close)
    }
  }

  async #load(connection: Connection, table: ExternalTable): Promise<void> {
    const create = createTable(table)
    checkReach(readStatement(create), { params: [], settings: [] })
    requireFormat(this.#engine, table.format)
    await connection.query(create)
    const statement = readStatement(`INSERT INTO ${identifier(table.name)} FORMAT ${table.format} `)
    const mark = this.#engine.mark(`external table ${table.name}`)
    await takeData(this.#engine, { connection, statement, data: one(table.data), mark, compression: undefined })
  }
}

async function enter(connection: Connection, context: Context): Promise<void> {
  await connection.query(contextStatements(context).join(';\n'))
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

function failureOf(thrown: unknown): ClickHouseFailure {
  if (thrown instanceof ClickHouseFailure) return thrown
  const { code, message } = thrown as NodeJS.ErrnoException
  if (code?.startsWith('Z_') || code?.startsWith('ERR_BROTLI') || code?.startsWith('ZSTD_') || code?.startsWith('ERR__ERROR')) {
    return new ClickHouseFailure(36, 'BAD_ARGUMENTS', `The body could not be unpacked: ${message}`)
  }
  return engineFailure(thrown)
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-ClickHouse-Server-Display-Name': displayName,
  })
  response.end(response.req.method === 'HEAD' ? undefined : text + '\n')
}
