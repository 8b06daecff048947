import { type Context, Hono } from 'hono'
import { posthogBatch } from '#core/event/dialect/posthog.ts'
import { parseJson } from '#core/event/parse.ts'
import { refuse, said } from '../answer.ts'
import { readBody } from '../body.ts'
import type { App } from '../services.ts'
import { sourceOf } from './collect.ts'

/**
 * What PostHog's SDKs ask for besides sending events. There are no feature flags here, and the answers say so: each flag is
 * one that is not defined, which the SDKs take as off, and no error.
 */
export const posthogRoutes = new Hono<App>()

posthogRoutes.on('POST', ['/flags', '/flags/'], async (context) => {
  const request = context.req.raw
  const text = await readBody(request, context.var.services.settings.BODY_MAX_BYTES)
  const body = text.ok ? parseJson(text.value) : text
  if (!body.ok) return refuse(body.error)
  const key = posthogBatch.keyOf({ body: body.value, query: undefined, receivedAt: Date.now() })
  return flags(context, key, { flags: {}, errorsWhileComputingFlags: false })
})

/** What is needed to compute flags locally. The key of the source is in the query; the Bearer token is another. */
posthogRoutes.get('/flags/definitions', (context) =>
  flags(context, context.req.query('token'), { flags: [], group_type_mapping: {}, cohorts: {} }),
)

async function flags(context: Context<App>, key: string | undefined, none: object): Promise<Response> {
  const { env, executionCtx, var: variables, req } = context
  const source = await sourceOf(
    { request: req.raw, url: req.url, env, context: executionCtx, services: variables.services },
    key ?? '',
    Date.now(),
  )
  return source.ok ? said(none, req.header('origin') ?? null) : refuse(source.error)
}
