import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { parseTime } from '#core/event/schema.ts'
import { streamedEvent } from '#core/event/streamed.ts'
import { MillraceError } from '#core/lib/error.ts'
import { refuse } from '../answer.ts'
import type { Which } from '../deliver/dead-letters.ts'
import { publishedOf } from '../publication.ts'
import { type App, publicationOf, spoolsOf } from '../services.ts'
import { invalid, jsonBody } from './json-body.ts'

/** What a person does about a destination's dead letters, and replays. Under `/admin/`, so for who has the token (`admin.ts`). */
export const destinationRoutes = new Hono<App>()

/** A letter's id is that of its shard, a dot, and its own. */
const letterId = z.string().regex(/^\d{1,5}\.\d{1,15}$/, 'is no id of a dead letter')
const time = z
  .union([z.string(), z.number()])
  .transform(parseTime)
  .refine((value) => value !== undefined, 'is not a date')
const whichSchema = z.union([
  z.strictObject({ ids: z.array(letterId).min(1).max(10_000).describe('Dead letters, as listed.') }),
  z.strictObject({ all: z.literal(true).describe('All dead letters of the destination.') }),
])
const replaySchema = z.union([
  ...whichSchema.options,
  z.strictObject({
    from: time.describe('Events received from then on, out of the warehouse.'),
    to: time.optional().describe('Until before then; without it, until now.'),
  }),
])
const whichForms = '{"ids": [id, …]} or {"all": true}'
const limitSchema = z.coerce.number().int().min(1).max(500).default(100)

destinationRoutes.get('/admin/destinations/:name/dead', async (context) => {
  const limit = limitSchema.safeParse(context.req.query('limit'))
  if (!limit.success) return refuse(invalid('The limit is a number from 1 to 500.', 'limit'))
  const name = context.req.param('name')
  const lists = await Promise.all(spools(context).map((spool) => spool.deadLetters(name, limit.data)))
  const letters = lists
    .flatMap((list, shard) => list.map((letter) => ({ ...letter, id: `${shard}.${letter.id}` })))
    .toSorted((a, b) => b.at - a.at)
    .slice(0, limit.data)
    .map(({ line, ...letter }) => (line === undefined ? letter : { ...letter, event: streamedEvent(line) }))
  if (letters.length === 0 && (await isUnknown(context, name))) return refuse(unknown(name))
  return Response.json({ letters })
})

destinationRoutes.post('/admin/destinations/:name/drop', async (context) => {
  const body = await jsonBody(context, whichSchema, whichForms)
  if (!body.ok) return refuse(body.error)
  const name = context.req.param('name')
  const dropped = await Promise.all(spools(context).map((spool, shard) => spool.dropDead(name, whichOf(body.value, shard))))
  return Response.json({ events: sum(dropped) })
})

destinationRoutes.post('/admin/destinations/:name/replay', async (context) => {
  const body = await jsonBody(context, replaySchema, `${whichForms} or {"from": time, "to": time}`)
  if (!body.ok) return refuse(body.error)
  const name = context.req.param('name')
  if (await isUnknown(context, name)) return refuse(unknown(name))
  if ('from' in body.value) {
    const now = Date.now()
    const range = { from: body.value.from!, to: Math.min(body.value.to ?? now, now) }
    if (range.from >= range.to) return refuse(invalid('The time to replay ends before it begins.', 'from'))
    // What the other shards hold of that time is not for the one that replays to wait for.
    await Promise.all(spools(context).map((spool) => spool.flushNow()))
    return (await spools(context)[0]!.replay(name, range)) ? Response.json({ replay: range }) : refuse(disabled(name))
  }
  const which = body.value
  const revived = await Promise.all(spools(context).map((spool, shard) => spool.revive(name, whichOf(which, shard))))
  const known = revived.filter((events) => events !== undefined)
  return known.length === 0 ? refuse(disabled(name)) : Response.json({ events: sum(known) })
})

destinationRoutes.delete('/admin/destinations/:name/replay', async (context) => {
  const name = context.req.param('name')
  if (await isUnknown(context, name)) return refuse(unknown(name))
  const cancelled = await Promise.all(spools(context).map((spool) => spool.cancelReplays(name)))
  return Response.json({ cancelled: sum(cancelled) })
})

function spools(context: Context<App>) {
  return spoolsOf(context.env, context.var.services)
}

function whichOf(which: z.infer<typeof whichSchema>, shard: number): Which {
  if ('all' in which) return 'all'
  return which.ids.map((id) => id.split('.')).flatMap(([of, id]) => (Number(of) === shard ? [Number(id)] : []))
}

async function isUnknown(context: Context<App>, name: string): Promise<boolean> {
  const { config } = publishedOf((await publicationOf(context.env).read())!)
  return !config.destinations.some((destination) => destination.name === name)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

function unknown(name: string): MillraceError {
  const message = `No destination ${name.slice(0, 100)} is published.`
  return new MillraceError({ code: 'unknown-destination', fault: 'config', message })
}

function disabled(name: string): MillraceError {
  return new MillraceError({ code: 'destination-disabled', fault: 'config', message: `Nothing is delivered to ${name}: it is disabled.` })
}
