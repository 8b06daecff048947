import { Hono } from 'hono'
import { tailFilterSchema, tailProtocol } from '#core/event/tail.ts'
import { MillraceError } from '#core/lib/error.ts'
import { refuse } from '../answer.ts'
import { type App, spoolObjects } from '../services.ts'
import { joinSockets } from '../tail/shards.ts'
import { invalid } from './json-body.ts'

/** Events as they come in, over a WebSocket (`core/event/tail.ts`). Under `/admin/`, so for who has the token (`admin.ts`). */
export const tailRoutes = new Hono<App>()

tailRoutes.get('/admin/tail', async (context) => {
  const query = new URL(context.req.url).searchParams
  const filter = tailFilterSchema.safeParse(Object.fromEntries(query))
  if (!filter.success) {
    const issue = filter.error.issues[0]!
    return refuse(invalid(`The filter is of source, type, event, user and rejected: ${issue.message}.`, issue.path.join('.')))
  }
  if (context.req.header('upgrade')?.toLowerCase() !== 'websocket') {
    const message = 'This address speaks WebSocket only.'
    return refuse(new MillraceError({ code: 'websocket-only', fault: 'config', message }))
  }
  const sockets: WebSocket[] = []
  for (const [shard, spool] of spoolObjects(context.env, context.var.services).entries()) {
    query.set('shard', String(shard))
    const answer = await spool.fetch(`https://spool/tail?${query}`, { headers: { upgrade: 'websocket' } })
    if (answer.webSocket === null) {
      for (const socket of sockets) {
        socket.accept()
        socket.close(1013, 'Try again later.')
      }
      return answer
    }
    sockets.push(answer.webSocket)
  }
  const offered = context.req
    .header('sec-websocket-protocol')
    ?.split(',')
    .map((protocol) => protocol.trim())
  return new Response(null, {
    status: 101,
    webSocket: sockets.length === 1 ? sockets[0]! : joinSockets(sockets),
    // A browser ends a connection whose answer names none of the protocols that it offered.
    headers: offered?.includes(tailProtocol) ? { 'sec-websocket-protocol': tailProtocol } : {},
  })
})
