import { Hono } from 'hono'
import { missingKey, receiveWebhook } from '#core/connector/webhook-receive.ts'
import { maxBatch, tooManyEvents } from '#core/event/dialect/dialect.ts'
import type { EdgeSource } from '#core/event/edge-config.ts'
import { MillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'
import { notKept, refuse } from '../answer.ts'
import { readBytes } from '../body.ts'
import { type App, publicationOf, usersOf, type Visit } from '../services.ts'
import { bindWebhook } from '../webhook-source.ts'
import { writeKeyOf } from '../write-key.ts'
import { countRefusal } from './count-refusal.ts'
import { keep } from './keep.ts'

/** Tools that push their events, each in its own form (`core/webhook/`). */
export const webhookRoutes = new Hono<App>()

webhookRoutes.all('/v1/webhook/:source', async (context) => {
  const { env, executionCtx, req, var: shared } = context
  const visit: Visit = { request: req.raw, url: req.url, env, context: executionCtx, services: shared.services }
  const answer = await take(req.param('source'), visit)
  countRefusal(visit, answer)
  return answer
})

async function take(name: string, visit: Visit): Promise<Response> {
  const { request, services } = visit
  const { settings } = services
  const now = Date.now()
  const url = new URL(visit.url)
  const sender = await senderOf(name, url.searchParams, visit, now)
  if (!sender.ok) return refuse(sender.error)
  const { source, keyed } = sender.value
  visit.source = name
  if (source.kind !== 'webhook') return refuse(problem('wrong-source', `The source ${name} is not a webhook.`))
  if (!source.enabled) return refuse(problem('source-disabled', `The source ${name} is disabled.`))
  const webhook = bindWebhook(source)
  if (!webhook.ok) return refuse(webhook.error, 503)
  const { connector, config } = webhook.value
  const rawBody = await readBytes(request, settings.BODY_MAX_BYTES)
  if (!rawBody.ok) return refuse(rawBody.error)
  const { method, headers } = request
  const received = await receiveWebhook(
    connector,
    config,
    { method, url: visit.url, headers, query: url.searchParams, rawBody: rawBody.value },
    { now, keyed },
  )
  if (!received.ok) {
    const { code, message } = received.error
    if (code === 'wrong-signature') services.refusals.log(name, code, message, now)
    const refusal = refuse(received.error)
    if (code === 'wrong-method') refusal.headers.set('allow', 'POST')
    return refusal
  }
  if (received.value.kind === 'answer') {
    const { status, contentType, body } = received.value.answer
    return new Response(body, { status, headers: { 'content-type': contentType, 'x-content-type-options': 'nosniff' } })
  }
  const { items, events } = received.value
  if (events.length > maxBatch) return refuse(tooManyEvents(events.length))
  const { suppressed } = services
  if (!suppressed.isFresh(now)) await suppressed.refresh(() => usersOf(visit.env), now)
  const taken = await services.acceptor.accept(
    events.map(({ raw }) => raw),
    {
      source: name,
      receivedAt: now,
      visitor: undefined,
      settings: source.enrich,
      sentAt: undefined,
      context: undefined,
      maxDelay: settings.CLOCK_MAX_DELAY_MS,
    },
    {
      maxBytes: settings.WEBHOOK_EVENT_MAX_BYTES,
      // An event may hold its item more than once, and a level further down.
      bodyBytes: Infinity,
      deep: true,
      anonymous: true,
      suppressed: suppressed.users,
      payloadOf: (index) => items[events[index]!.item],
      plan: services.sources.planOf(source),
      chain: services.chains.of(services.sources.transformsOf(source)),
    },
  )
  const outcome = await keep(visit, name, taken)
  if (!outcome.ok) return notKept(outcome)
  if (taken.rejections.length === 0) return Response.json({ success: true })
  const rejected = taken.rejections.map(({ index, error }) => ({
    index: events[index]!.item,
    code: error.code,
    message: error.message,
    field: error.at?.field,
  }))
  // 200 even when nothing was accepted: all of it is kept, and a tool that reads 4xx repeats, and in the end stops sending.
  return Response.json({ success: true, accepted: taken.lines.length, rejected })
}

/**
 * The source that a request is for, and whether the sender has its write key. One that has none may prove itself by the
 * tool's signature; the user of Basic may be the key, or belong to the tool's own way of proving.
 */
async function senderOf(
  name: string,
  query: URLSearchParams,
  { request, env, services }: Visit,
  now: number,
): Promise<Result<{ source: EdgeSource; keyed: boolean }>> {
  const { sources } = services
  const given = query.get('key') ?? query.get('writeKey') ?? request.headers.get('x-write-key')
  if (given !== null) {
    const source = await sources.byKey(given, () => publicationOf(env), now)
    if (source === undefined) return fail(problem('unknown-key', 'No source has this write key.'))
    if (source.name !== name) return fail(problem('wrong-source', 'The write key is not of this source.'))
    return ok({ source, keyed: true })
  }
  const source = await sources.byName(name, () => publicationOf(env), now)
  // Who has no key does not learn which sources there are.
  if (source === undefined || source.kind !== 'webhook') return fail(missingKey())
  return ok({ source, keyed: writeKeyOf(request.headers, undefined) === source.write_key })
}

function problem(code: string, message: string, mend?: string): MillraceError {
  return new MillraceError({ code, fault: 'config', message, mend })
}
