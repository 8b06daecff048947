import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { MillraceError } from '#core/lib/error.ts'
import { failed, refuse, toSender } from './answer.ts'
import { adminRoutes } from './routes/admin.ts'
import { collect, kindOf } from './routes/collect.ts'
import { webhookRoutes } from './routes/webhook.ts'
import { type App, type Bindings, createServices, type Services, spoolOf } from './services.ts'

/**
 * The collector's HTTP face. What is made once an isolate is made at its first request, when the environment is known.
 * Events of SDKs go straight to their route, because a router and a context for each cost as much as what is done with one.
 */
export function createApp() {
  let services: Services | undefined
  const app = createRoutes(() => services!)
  return {
    fetch(request, env, context) {
      services ??= createServices(env)
      const kind = request.method === 'POST' ? kindOf(request.url) : undefined
      return kind === undefined ? app.fetch(request, env, context) : collect(kind, { request, env, context, services })
    },
  } satisfies ExportedHandler<Bindings>
}

/** All routes but those of SDKs. */
function createRoutes(services: () => Services): Hono<App> {
  const app = new Hono<App>()
  app.use(async (context, next) => {
    context.set('services', services())
    await next()
  })
  app.options('/v1/*', cors({ origin: '*', allowMethods: ['POST', 'OPTIONS'], maxAge: 86_400 }))
  app.use('/v1/*', async (context, next) => {
    await next()
    await toSender(context.req.raw, context.res)
  })
  app.route('/', webhookRoutes)
  app.route('/', adminRoutes)
  app.get('/health', async (context) => {
    // Asking the spool also starts it, and so the flush of what an earlier run left.
    await spoolOf(context.env).metrics()
    return Response.json({ ok: true })
  })
  app.notFound(() => refuse(new MillraceError({ code: 'not-found', fault: 'config', message: 'There is no such route.' })))
  app.onError(failed)
  return app
}
