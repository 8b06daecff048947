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
  const token = /^bearer +(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? ''
  if (!(await equal(token, settings.ADMIN_TOKEN))) {
    return refuse(new MillraceError({ code: 'admin-token', fault: 'config', message: 'The admin token is missing or wrong.' }))
  }
  return next()
})

/** Compares digests in constant time, so that neither content nor length of the secret shows in the time taken. */
async function equal(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([given, expected].map((text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
  return crypto.subtle.timingSafeEqual(a!, b!)
}
