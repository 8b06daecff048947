import { Hono } from 'hono'
import { edgeConfigSchema } from '#core/event/edge-config.ts'
import { parseJson } from '#core/event/parse.ts'
import { MillraceError } from '#core/lib/error.ts'
import { refuse } from '../answer.ts'
import { type App, publicationOf, spoolOf } from '../services.ts'
import { readBody } from '../body.ts'
import { publishedOf } from '../publication.ts'
import { adminOnly } from '../middleware/admin-only.ts'
import { checkWebhooks } from '../webhook-source.ts'

/** What `millrace publish` and the studio ask of the collector. */
export const adminRoutes = new Hono<App>()

adminRoutes.use('/admin/*', adminOnly)

adminRoutes.put('/admin/config', async (context) => {
  const { settings, sources } = context.var.services
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
  const version = await publicationOf(context.env).write(JSON.stringify(config.data))
  sources.take({ version, config: config.data }, Date.now())
  return Response.json({ version })
})

adminRoutes.get('/admin/config', async (context) => {
  const { version, config } = publishedOf((await publicationOf(context.env).read())!)
  // The settings of a webhook source hold secrets.
  const sources = config.sources.map((source) => ({ ...source, write_key: masked(source.write_key), config: undefined }))
  return Response.json({ version, sources })
})

adminRoutes.get('/admin/metrics.json', async (context) => Response.json({ at: Date.now(), ...(await spoolOf(context.env).metrics()) }))

/** Flushes, and answers once the warehouse has everything: 200, or 502 with what stood in the way. */
adminRoutes.post('/admin/flush', async (context) => {
  const flushed = await spoolOf(context.env).flushNow()
  return flushed.ok ? Response.json({ success: true }) : Response.json({ success: false, error: flushed.error }, { status: 502 })
})

function masked(key: string): string {
  return `${key.slice(0, 3)}…`
}
