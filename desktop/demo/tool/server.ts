import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A simulated tool while it serves, on the loopback interface only. */
export interface Tool {
  /** Name of the source or destination that reaches it. */
  name: string
  /** Says that it is simulated. */
  title: string
  url: string
  stop(): Promise<void>
}

export interface ToolRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  /** Parsed JSON; undefined when there is none. */
  body: unknown
}

export interface ToolReply {
  status: number
  body: unknown
  headers?: Record<string, string>
}

export interface ToolOptions {
  name: string
  title: string
  /** Whether the request carries the tool's credentials. */
  authenticate: (request: ToolRequest) => boolean
  answer: (request: ToolRequest) => ToolReply
  /** 0, or left out: the system chooses. */
  port?: number
}

/** Starts a tool. Its root page says what it is; all else wants the tool's credentials. */
export async function serveTool(options: ToolOptions): Promise<Tool> {
  const server = createServer((request, response) => {
    void reply(options, request, `127.0.0.1:${(server.address() as AddressInfo).port}`)
      .catch((error: unknown): ToolReply => ({ status: 500, body: { error: String(error) } }))
      .then((answer) => send(response, answer))
  })
  server.keepAliveTimeout = 30_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    name: options.name,
    title: options.title,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The value after `Bearer ` or `Basic ` (decoded), or undefined. */
export function credentials(request: ToolRequest, scheme: 'Bearer' | 'Basic'): string | undefined {
  const [given, value] = (request.headers.authorization ?? '').split(' ')
  if (given?.toLowerCase() !== scheme.toLowerCase() || value === undefined) return undefined
  return scheme === 'Basic' ? Buffer.from(value, 'base64').toString() : value
}

export const notFound: ToolReply = { status: 404, body: { error: { code: 'not_found', message: 'There is nothing here.' } } }

/** A whole number of the query string within bounds, or the bound it broke. */
export function pageNumber(request: ToolRequest, name: string, fallback: number, highest: number): number {
  const value = Number(request.query.get(name) ?? fallback)
  return Number.isInteger(value) && value >= 0 ? Math.min(value, highest) : fallback
}

async function reply(options: ToolOptions, incoming: IncomingMessage, host: string): Promise<ToolReply> {
  // A web page can make a browser call loopback; its Host or Origin gives it away.
  if (incoming.headers.host !== host || incoming.headers.origin !== undefined) {
    return { status: 403, body: { error: { code: 'forbidden', message: `Only programs on this machine may ask, at ${host}.` } } }
  }
  const url = new URL(incoming.url ?? '/', `http://${host}`)
  if (url.pathname === '/') return { status: 200, body: { tool: options.title, simulated: true } }
  const request: ToolRequest = {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: undefined,
  }
  if (!options.authenticate(request))
    return { status: 401, body: { error: { code: 'unauthorized', message: 'The credentials are not right.' } } }
  const sent = await text(incoming)
  try {
    if (sent !== '') request.body = JSON.parse(sent)
  } catch {
    return { status: 400, body: { error: { code: 'invalid_json', message: 'The body is not JSON.' } } }
  }
  return options.answer(request)
}

function send(response: ServerResponse, { status, body, headers }: ToolReply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
