import { Hono } from 'hono'
import { z } from 'zod'
import { tailFilterSchema, tailProtocol } from '#core/event/tail.ts'
import { MillraceError } from '#core/lib/error.ts'
import { refuse } from '../answer.ts'
import { type App, spoolObjects } from '../services.ts'
import { tailAddress } from '../tail/request.ts'
import { joinSockets } from '../tail/shards.ts'
import { invalid } from './json-body.ts'

/** Events as they come in, over a WebSocket (`core/event/tail.ts`). Under `/admin/`, so for who has the token (`admin.ts`). */
export const tailRoutes = new Hono<App>()

const querySchema = tailFilterSchema.extend({ rejected: z.stringbool().optional() })

tailRoutes.get('/admin/tail', async (context) => {
  const filter = querySchema.safeParse(Object.fromEntries(new URL(context.req.url).searchParams))
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
    const answer = await spool.fetch(tailAddress(shard, filter.data), { headers: { upgrade: 'websocket' } })
    if (answer.webSocket === null) {
      for (const socket of sockets) {
        socket.accept()
        socket.close(1013, 'Try again later.')
      }
      const message = 'As many watch this collector as may at a time.'
      return refuse(new MillraceError({ code: 'too-many-viewers', fault: 'transient', message }))
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
