import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { MillraceError } from '#core/lib/error.ts'
import { refuse } from './answer.ts'
import { drain } from './body.ts'
import { log } from './log.ts'
import { adminRoutes } from './routes/admin.ts'
import { collectRoutes } from './routes/collect.ts'
import { webhookRoutes } from './routes/webhook.ts'
import { type App, createServices, type Services, spoolOf } from './services.ts'

/** The collector's HTTP face. What is made once an isolate is made at its first request, when the environment is known. */
export function createApp(): Hono<App> {
  let services: Services | undefined
  const app = new Hono<App>()
  app.use(async (context, next) => {
    services ??= createServices(context.env)
    context.set('settings', services.settings)
    context.set('sources', services.sources)
    context.set('gatherer', services.gatherer)
    await next()
  })
  // SDKs run on any page; what they may do is decided by the write key, not by where they run.
  app.options('/v1/*', cors({ origin: '*', allowMethods: ['POST', 'OPTIONS'], maxAge: 86_400 }))
  app.use('/v1/*', async (context, next) => {
    await next()
    const { raw } = context.req
    if (!raw.bodyUsed && raw.body !== null) await drain(raw.body)
    context.res.headers.set('access-control-allow-origin', '*')
  })
  app.route('/', collectRoutes)
  app.route('/', webhookRoutes)
  app.route('/', adminRoutes)
  app.get('/health', async (context) => {
    // Asking the spool also starts it, and so the flush of what an earlier run left.
    await spoolOf(context.env).metrics()
    return Response.json({ ok: true })
  })
  app.notFound(() => refuse(new MillraceError({ code: 'not-found', fault: 'config', message: 'There is no such route.' })))
  app.onError((error) => {
    log('error', 'A request failed.', { error: String(error), stack: error.stack })
    return Response.json(
      { success: false, error: { code: 'unexpected', message: 'The collector failed; nothing of this request is certain.' } },
      { status: 500 },
    )
  })
  return app
}
