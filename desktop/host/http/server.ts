import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { dispatch, type HostFace } from '#core/host/dispatch.ts'
import { type ErrorData, MillraceError } from '#core/lib/error.ts'
import { createEventStream } from './event-stream.ts'
import { checkOrigin, checkToken, pageHeaders, refuse } from './guard.ts'

export interface HttpServer {
  url: string
  port: number
  token: string
  /** What a person opens: the address with the token. */
  address: string
  close(): Promise<void>
}

export interface HttpServerOptions {
  host: HostFace
  /** 0 lets the system choose. */
  port: number
  /** Folder of the built renderer; without it, only the API is served. */
  rendererFolder?: string
  /** Generated when not given. */
  token?: string
}

const maxBody = 8 * 1024 * 1024

/** Serves the host's contract, its events and the studio on 127.0.0.1. Throws `port-taken`. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const token = options.token ?? randomBytes(24).toString('base64url')
  const stream = createEventStream(options.host)
  let port = options.port
  const app = new Hono()
  app.use(
    pageHeaders,
    checkOrigin(() => port),
    checkToken(token, () => port),
  )
  app.post(
    '/api/call/:method',
    bodyLimit({ maxSize: maxBody, onError: (context) => refuse(context, 413, 'too-large', `A call may carry ${maxBody} bytes.`) }),
    (context) => answerCall(context, options.host),
  )
  app.get('/api/events', (context) => stream.respond(context))
  app.all('/api/*', (context) => refuse(context, 404, 'unknown-path', `There is no ${context.req.method} ${context.req.path}.`))
  if (options.rendererFolder !== undefined) {
    app.use(serveStatic({ root: options.rendererFolder }))
    // Every other path is a screen of the studio, which finds its way by itself.
    app.get('*', serveStatic({ root: options.rendererFolder, path: 'index.html' }))
  }
  app.notFound((context) => refuse(context, 404, 'unknown-path', `There is no ${context.req.method} ${context.req.path}.`))
  app.onError((thrown, context) =>
    context.json({ ok: false, error: new MillraceError({ code: 'unexpected', fault: 'system', message: thrown.message }).toJSON() }, 500),
  )

  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  port = await listen(server, options.port)
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    token,
    address: `${url}/?token=${token}`,
    close: () =>
      new Promise((resolve) => {
        stream.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answerCall(context: Context, host: HostFace): Promise<Response> {
  if (!/^application\/json\b/i.test(context.req.header('content-type') ?? '')) {
    return refuse(context, 400, 'invalid-input', 'A call wants Content-Type: application/json.')
  }
  let input: unknown
  try {
    input = JSON.parse((await context.req.text()) || '{}')
  } catch (cause) {
    return refuse(context, 400, 'invalid-input', `The body is not JSON: ${(cause as Error).message}.`)
  }
  const reply = await dispatch(host.handlers, context.req.param('method') ?? '', input)
  return context.json(reply, reply.ok ? 200 : status(reply.error))
}

/** For those who look at the status alone: whose fault it was. The reply says the rest. */
function status(error: ErrorData): 400 | 404 | 409 | 500 | 503 {
  if (error.code === 'unknown-method' || error.code.startsWith('unknown-')) return 404
  if (error.code === 'cancelled') return 409
  if (error.fault === 'config') return 400
  return error.fault === 'transient' ? 503 : 500
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new MillraceError({
          code: cause.code === 'EADDRINUSE' ? 'port-taken' : 'listen-failed',
          fault: 'config',
          message: cause.code === 'EADDRINUSE' ? `Port ${port} is taken.` : `The server cannot listen on port ${port}: ${cause.message}.`,
          mend: 'Choose another with --port, or 0 for any free one.',
          cause,
        }),
      ),
    )
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
