import { type Context, Hono } from 'hono'
import { edgeConfigSchema } from '#core/event/edge-config.ts'
import type { EdgeMetrics } from '#core/event/edge-metrics.ts'
import { parseJson } from '#core/event/parse.ts'
import { prometheusText, prometheusType } from '#core/event/prometheus.ts'
import { MillraceError } from '#core/lib/error.ts'
import { refuse } from '../answer.ts'
import { planOf } from '../deliver/plan.ts'
import { type App, publicationOf, spoolsOf } from '../services.ts'
import { aggregate } from '../spool/aggregate.ts'
import { readBody } from '../body.ts'
import { publishedOf } from '../publication.ts'
import { adminOnly } from '../middleware/admin-only.ts'
import { checkWebhooks } from '../webhook-source.ts'

/** What `millrace publish` and the studio ask of the collector. */
export const adminRoutes = new Hono<App>()

adminRoutes.use('/admin/*', adminOnly)

adminRoutes.put('/admin/config', async (context) => {
  const { settings, sources, chains } = context.var.services
  const text = await readBody(context.req.raw, settings.BODY_MAX_BYTES)
  if (!text.ok) return refuse(text.error)
  const body = parseJson(text.value)
  if (!body.ok) return refuse(body.error)
  const config = edgeConfigSchema.safeParse(body.value)
  if (!config.success) {
    const issue = config.error.issues[0]!
    return refuse(
      new MillraceError({ code: 'invalid-config', fault: 'config', message: issue.message, at: { field: issue.path.join('.') } }),
    )
  }
  const wrong = checkWebhooks(config.data)
  if (wrong !== undefined) return refuse(wrong)
  for (const [index, destination] of config.data.destinations.entries()) {
    const plan = planOf(destination)
    if (plan.ok) continue
    const { code, message, mend, at } = plan.error
    return refuse(new MillraceError({ code, fault: 'config', message, mend, at: { field: `destinations.${index}.${at?.field}` } }))
  }
  const published = { version: await publicationOf(context.env).write(JSON.stringify(config.data)), config: config.data }
  sources.take(published, Date.now())
  // Whether there is a sandbox shows when an event needs it.
  context.executionCtx.waitUntil(chains.warm(config.data.transforms).catch(() => undefined))
  // A spool that cannot be told now asks by itself.
  await Promise.allSettled(spoolsOf(context.env, context.var.services).map((spool) => spool.configure(published)))
  return Response.json({ version: published.version })
})

adminRoutes.get('/admin/config', async (context) => {
  const { version, config } = publishedOf((await publicationOf(context.env).read())!)
  // Settings of connectors have secrets, and are not shown.
  const sources = config.sources.map((source) => ({ ...source, write_key: masked(source.write_key), config: undefined }))
  const destinations = config.destinations.map(({ name, connector, events }) => ({ name, connector, events }))
  const transforms = config.transforms.map(({ name, hash, fetch, timeout_ms }) => ({ name, hash, fetch, timeout_ms }))
  return Response.json({ version, sources, destinations, plans: config.plans, transforms })
})

adminRoutes.get('/admin/metrics.json', async (context) => Response.json(await metricsOf(context)))

adminRoutes.get('/admin/metrics', async (context) => {
  return new Response(prometheusText(await metricsOf(context)), { headers: { 'content-type': prometheusType } })
})

async function metricsOf(context: Context<App>): Promise<EdgeMetrics> {
  const spools = await Promise.all(spoolsOf(context.env, context.var.services).map((spool) => spool.metrics()))
  return { at: Date.now(), ...aggregate(spools) }
}

/** Flushes, and answers once the warehouse has everything: 200, or 502 with what stood in the way. */
adminRoutes.post('/admin/flush', async (context) => {
  const outcomes = await Promise.all(spoolsOf(context.env, context.var.services).map((spool) => spool.flushNow()))
  const failed = outcomes.find((outcome) => !outcome.ok)
  return failed === undefined ? Response.json({ success: true }) : Response.json({ success: false, error: failed.error }, { status: 502 })
})

function masked(key: string): string {
  return `${key.slice(0, 3)}…`
}
