import { Hono } from 'hono'
import { parseJson } from '#core/event/parse.ts'
import { webhookEvent } from '#core/event/webhook.ts'
import { MillraceError } from '#core/lib/error.ts'
import { notKept, refuse } from '../answer.ts'
import { type App, publicationOf } from '../services.ts'
import { readBody } from '../body.ts'
import { writeKeyOf } from '../write-key.ts'
import { clientIp, keep } from './keep.ts'

/** A tool that pushes its events: an object or a list of objects, made track events by the source's `map`. */
export const webhookRoutes = new Hono<App>()

webhookRoutes.post('/v1/webhook/:source', async (context) => {
  const { services } = context.var
  const { settings, sources } = services
  const request = context.req.raw
  const now = Date.now()
  const key = writeKeyOf(request, new URL(request.url).searchParams)
  if (key === undefined) return refuse(problem('missing-key', 'The request has no write key.', 'Add ?key= to the address.'))
  const source = await sources.byKey(key, () => publicationOf(context.env), now)
  if (source === undefined) return refuse(problem('unknown-key', 'No source has this write key.'))
  if (source.name !== context.req.param('source')) return refuse(problem('wrong-source', 'The write key is not of this source.'))
  if (source.kind !== 'webhook') return refuse(problem('wrong-source', `The source ${source.name} is not a webhook.`))
  if (!source.enabled) return refuse(problem('source-disabled', `The source ${source.name} is disabled.`))
  const text = await readBody(request, settings.BODY_MAX_BYTES)
  if (!text.ok) return refuse(text.error)
  const body = parseJson(text.value)
  if (!body.ok) return refuse(body.error)
  const items: unknown[] = Array.isArray(body.value) ? body.value : [body.value]
  const { map, name } = source
  const reception = {
    source: name,
    receivedAt: now,
    ip: clientIp(request, settings),
    sentAt: undefined,
    context: undefined,
    maxDelay: settings.CLOCK_MAX_DELAY_MS,
  }
  const taken = await services.acceptor.accept(
    items.map((item) => webhookEvent(map, item)),
    reception,
    {
      maxBytes: settings.EVENT_MAX_BYTES,
      bodyBytes: text.value.length * 3,
      deep: true,
      anonymous: true,
      payloadOf: (index) => items[index],
    },
  )
  const outcome = await keep({ request, env: context.env, context: context.executionCtx, services }, name, taken)
  if (!outcome.ok) return notKept(outcome)
  const rejection = taken.rejections[0]
  if (rejection !== undefined && items.length === 1) return refuse(rejection.error)
  const rejected = taken.rejections.map(({ index, error }) => ({ index, code: error.code, message: error.message, field: error.at?.field }))
  return Response.json(rejected.length === 0 ? { success: true } : { success: true, accepted: taken.lines.length, rejected })
})

function problem(code: string, message: string, mend?: string): MillraceError {
  return new MillraceError({ code, fault: 'config', message, mend })
}
