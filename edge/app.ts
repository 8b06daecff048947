import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { MillraceError } from '#core/lib/error.ts'
import { failed, refuse, toSender } from './answer.ts'
import { adminRoutes } from './routes/admin.ts'
import { browserRoutes } from './routes/browser.ts'
import { collect } from './routes/collect.ts'
import { destinationRoutes } from './routes/destinations.ts'
import { posthogRoutes } from './routes/posthog.ts'
import { sdkRouteOf } from './routes/sdk-routes.ts'
import { tailRoutes } from './routes/tail.ts'
import { userRoutes } from './routes/users.ts'
import { webhookRoutes } from './routes/webhook.ts'
import { type App, type Bindings, createServices, type Services, spoolsOf, usersOf } from './services.ts'

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
      const { url } = request
      const route = sdkRouteOf(request.method, url, services.sources.firstPartyPaths)
      return route === undefined ? app.fetch(request, env, context) : collect(route, { request, url, env, context, services })
    },
  } satisfies ExportedHandler<Bindings>
}

/** All routes but those that SDKs send events to. */
function createRoutes(services: () => Services): Hono<App> {
  const app = new Hono<App>()
  app.use(async (context, next) => {
    context.set('services', services())
    await next()
  })
  // A preflight has no key yet, so it lets any page ask; the answer to the request itself goes by the source.
  const preflight = cors({ origin: (origin) => origin, credentials: true, allowMethods: ['GET', 'POST'], maxAge: 86_400 })
  app.options('*', (context, next) => (isAdmin(context) ? next() : preflight(context, next)))
  app.use(async (context, next) => {
    await next()
    if (!isAdmin(context)) await toSender(context.req.raw, context.res)
  })
  app.route('/', webhookRoutes)
  app.route('/', adminRoutes)
  app.route('/', posthogRoutes)
  app.route('/', destinationRoutes)
  app.route('/', userRoutes)
  app.route('/', tailRoutes)
  app.get('/health', async (context) => {
    // Asking the spools also starts them, and so what an earlier run left is flushed and delivered; and deletions go on.
    await Promise.all([usersOf(context.env).wake(), ...spoolsOf(context.env, context.var.services).map((spool) => spool.metrics())])
    return Response.json({ ok: true })
  })
  app.route('/', browserRoutes)
  app.notFound(() => refuse(new MillraceError({ code: 'not-found', fault: 'config', message: 'There is no such route.' })))
  app.onError(failed)
  return app
}

function isAdmin(context: Context<App>): boolean {
  return context.req.path.startsWith('/admin/')
}
