import { type Context, Hono } from 'hono'
import { rudderConfig, segmentSettings } from '#core/event/browser-settings.ts'
import type { SdkSource } from '#core/event/edge-config.ts'
import { MillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'
import { refuse, said } from '../answer.ts'
import { browserSdk } from '../browser-sdk.ts'
import { type App, publicationOf, type Visit } from '../services.ts'
import { writeKeyOf } from '../write-key.ts'
import { collect, sourceOf } from './collect.ts'
import { sdkRouteOf } from './sdk-routes.ts'

/** What browser SDKs ask for before they send, and the browser SDK itself. */
export const browserRoutes = new Hono<App>()

browserRoutes.get('/v1/projects/:key/settings', async (context) => {
  const source = await sdkSource(context, context.req.param('key'))
  return source.ok ? settings(context, source.value, '/v1') : refuse(source.error)
})

browserRoutes.on('GET', ['/sourceConfig', '/sourceConfig/'], async (context) => {
  const request = context.req.raw
  const source = await sdkSource(context, writeKeyOf(request.headers, new URL(request.url).searchParams))
  return source.ok ? said(rudderConfig(source.value), origin(context)) : refuse(source.error)
})

/** Below the path of a source's own. The last route: which paths there are is known when the sources are read. */
browserRoutes.all('*', async (context, next) => {
  const visit = visitOf(context)
  const { sources } = visit.services
  await sources.refresh(() => publicationOf(context.env), Date.now())
  const route = sdkRouteOf(context.req.method, context.req.url, sources.firstPartyPaths)
  if (route !== undefined) return collect(route, visit)
  const asked = context.req.method === 'GET' ? /^(\/.+?)\/(?:([^/]+)\.js|v1\/projects\/([^/]+)\/settings)$/.exec(context.req.path) : null
  const [, path, script, project] = asked ?? []
  if (path === undefined || !sources.firstPartyPaths.has(path)) return next()
  const source = await sdkSource(context, decoded(script ?? project!))
  if (!source.ok) return refuse(source.error)
  if (source.value.first_party.path !== path) return next()
  return script === undefined ? settings(context, source.value, path) : sdk(context, source.value)
})

/** A day old at most, and an hour without asking: what is published anew is on every page by then. */
const caching = 'public, max-age=3600, stale-while-revalidate=86400'

async function sdk(context: Context<App>, source: SdkSource): Promise<Response> {
  const { etag, gzip, text } = await browserSdk(source)
  const headers = new Headers({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': caching,
    etag,
    vary: 'Accept-Encoding',
    'x-content-type-options': 'nosniff',
  })
  if (context.req.header('if-none-match')?.includes(etag)) return new Response(null, { status: 304, headers })
  if (!/\bgzip\b/.test(context.req.header('accept-encoding') ?? '')) return new Response(text, { headers })
  headers.set('content-encoding', 'gzip')
  return new Response(gzip, { headers, encodeBody: 'manual' })
}

function settings(context: Context<App>, source: SdkSource, path: string): Response {
  const { protocol, host } = new URL(context.req.url)
  // The proxy before a self-hosted collector ends TLS, and says so.
  const forwarded = context.req.header('x-forwarded-proto')
  const scheme = forwarded === 'https' || forwarded === 'http' ? forwarded : protocol.slice(0, -1)
  return said(segmentSettings(source, `${scheme}://${host}${path}`), origin(context))
}

async function sdkSource(context: Context<App>, key: string | undefined): Promise<Result<SdkSource>> {
  const visit = visitOf(context)
  const source = await sourceOf(visit, key ?? '', Date.now())
  if (!source.ok) return source
  const closed = visit.services.sources.gateOf(source.value).refusal(origin(context))
  if (closed !== undefined) return fail(closed)
  if (source.value.kind === 'sdk') return ok(source.value)
  return fail(new MillraceError({ code: 'wrong-source', fault: 'config', message: `The source ${source.value.name} is not of an SDK.` }))
}

function visitOf(context: Context<App>): Visit {
  return { request: context.req.raw, url: context.req.url, env: context.env, context: context.executionCtx, services: context.var.services }
}

function origin(context: Context<App>): string | null {
  return context.req.header('origin') ?? null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
