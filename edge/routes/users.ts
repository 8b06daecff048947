import { Hono } from 'hono'
import { z } from 'zod'
import { userIdsSchema } from '#core/event/user-ids.ts'
import { type ErrorData, MillraceError } from '#core/lib/error.ts'
import { refuse } from '../answer.ts'
import { type App, usersOf } from '../services.ts'
import { invalid, jsonBody } from './json-body.ts'

/** Users whose events are not taken, and the deletion of what there is of them. Under `/admin/`, so for who has the token (`admin.ts`). */
export const userRoutes = new Hono<App>()

const forms = '{"userIds": [id, …], "anonymousIds": [id, …]}, at most 1000 of each and at least one'
const limitSchema = z.coerce.number().int().min(1).max(1000).default(100)

userRoutes.put('/admin/suppressions', async (context) => {
  const users = await jsonBody(context, userIdsSchema, forms)
  if (!users.ok) return refuse(users.error)
  const outcome = await usersOf(context.env).suppress(users.value)
  if (!outcome.ok) return refused(outcome.error)
  await context.var.services.suppressed.refresh(() => usersOf(context.env), Date.now())
  return Response.json({ added: outcome.added, count: outcome.count })
})

userRoutes.delete('/admin/suppressions', async (context) => {
  const users = await jsonBody(context, userIdsSchema, forms)
  if (!users.ok) return refuse(users.error)
  const outcome = await usersOf(context.env).release(users.value)
  if (!outcome.ok) return refused(outcome.error)
  await context.var.services.suppressed.refresh(() => usersOf(context.env), Date.now())
  return Response.json({ removed: outcome.removed, count: outcome.count })
})

userRoutes.get('/admin/suppressions', async (context) => {
  const { searchParams } = new URL(context.req.url)
  const asked = { userIds: searchParams.getAll('userId'), anonymousIds: searchParams.getAll('anonymousId') }
  if (asked.userIds.length + asked.anonymousIds.length > 0) {
    return Response.json({ suppressions: await usersOf(context.env).find(asked) })
  }
  const limit = limitSchema.safeParse(context.req.query('limit'))
  if (!limit.success) return refuse(invalid('The limit is a number from 1 to 1000.', 'limit'))
  return Response.json(await usersOf(context.env).suppressions(limit.data))
})

userRoutes.post('/admin/deletions', async (context) => {
  const users = await jsonBody(context, userIdsSchema, forms)
  if (!users.ok) return refuse(users.error)
  const outcome = await usersOf(context.env).delete(users.value)
  if (!outcome.ok) return refused(outcome.error)
  await context.var.services.suppressed.refresh(() => usersOf(context.env), Date.now())
  return Response.json({ deletion: outcome.deletion }, { status: 202 })
})

userRoutes.get('/admin/deletions', async (context) => {
  const limit = limitSchema.safeParse(context.req.query('limit'))
  if (!limit.success) return refuse(invalid('The limit is a number from 1 to 1000.', 'limit'))
  return Response.json({ deletions: await usersOf(context.env).deletions(limit.data) })
})

userRoutes.get('/admin/deletions/:id', async (context) => {
  const deletion = await usersOf(context.env).deletion(context.req.param('id'))
  if (deletion !== undefined) return Response.json({ deletion })
  return refuse(new MillraceError({ code: 'unknown-deletion', fault: 'config', message: 'There is no such deletion.' }))
})

function refused(error: ErrorData): Response {
  return refuse(new MillraceError(error))
}
