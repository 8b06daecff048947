import type { Context } from 'hono'
import type { z } from 'zod'
import { parseJson } from '#core/event/parse.ts'
import { MillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'
import { readBody } from '../body.ts'
import type { App } from '../services.ts'

/** The body of an admin's request. Fails with `invalid-request`. @param forms what the body is to be, for the message */
export async function jsonBody<Value>(context: Context<App>, schema: z.ZodType<Value>, forms: string): Promise<Result<Value>> {
  const text = await readBody(context.req.raw, context.var.services.settings.BODY_MAX_BYTES)
  if (!text.ok) return text
  const json = parseJson(text.value)
  if (!json.ok) return json
  const body = schema.safeParse(json.value)
  if (body.success) return ok(body.data)
  const issue = body.error.issues[0]!
  return fail(invalid(`The body is ${forms}.`, issue.path.join('.')))
}

export function invalid(message: string, field: string): MillraceError {
  return new MillraceError({ code: 'invalid-request', fault: 'config', message, at: field === '' ? undefined : { field } })
}
