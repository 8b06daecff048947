import { createMiddleware } from 'hono/factory'
import { MillraceError } from '#core/lib/error.ts'
import { refuse } from '../answer.ts'
import { isLoopback } from '../loopback.ts'
import type { App } from '../services.ts'

/** Lets pass who has the admin token, and on a self-hosted collector only what addresses it as loopback. */
export const adminOnly = createMiddleware<App>(async (context, next) => {
  const { settings } = context.var.services
  if (settings.LOOPBACK && !isLoopback(context.req.header('host') ?? '')) {
    const message = 'The admin routes of this collector answer on 127.0.0.1 only.'
    return refuse(new MillraceError({ code: 'wrong-host', fault: 'config', message }))
  }
  const origin = context.req.header('origin')
  // A page may open a WebSocket to anywhere, and read what comes: no CORS stands before it.
  if (settings.LOOPBACK && origin !== undefined && isUpgrade(context.req.raw) && !isLoopback(hostOf(origin))) {
    const message = 'Pages of other sites cannot watch this collector.'
    return refuse(new MillraceError({ code: 'wrong-origin', fault: 'config', message }))
  }
  const token = /^bearer +(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? tokenOfProtocols(context.req.raw) ?? ''
  if (!(await equal(token, settings.ADMIN_TOKEN))) {
    return refuse(new MillraceError({ code: 'admin-token', fault: 'config', message: 'The admin token is missing or wrong.' }))
  }
  return next()
})

function isUpgrade(request: Request): boolean {
  return request.headers.get('upgrade')?.toLowerCase() === 'websocket'
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : ''
}

/** The token of a WebSocket's request, as a subprotocol `bearer.<token in base64url>`: a browser can set no other header. */
function tokenOfProtocols(request: Request): string | undefined {
  if (!isUpgrade(request)) return undefined
  const protocols = request.headers.get('sec-websocket-protocol')?.split(',') ?? []
  const encoded = protocols.map((protocol) => protocol.trim()).find((protocol) => protocol.startsWith('bearer.'))
  if (encoded === undefined) return undefined
  try {
    const bytes = atob(encoded.slice('bearer.'.length).replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)))
  } catch {
    return undefined
  }
}

/** Compares digests in constant time, so that neither content nor length of the secret shows in the time taken. */
async function equal(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([given, expected].map((text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
  return crypto.subtle.timingSafeEqual(a!, b!)
}
