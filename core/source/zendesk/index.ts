import { z } from 'zod'
import { ApiClient, type Budget, gone, refusedCredentials, saidBy } from '../../connector/api-client.ts'
import { defineApiSource, isObject } from '../../connector/api-source.ts'
import { type Answer, basic, unexpectedAnswer } from '../../connector/json-request.ts'
import { timeoutField } from '../../connector/settings.ts'
import type { MillraceError } from '../../lib/error.ts'
import { zendeskStreams } from './streams.ts'

const configSchema = z
  .strictObject({
    subdomain: z
      .string()
      .regex(/^[a-z0-9-]+$/i, 'must be the first part of the address only')
      .describe('acme, when Zendesk is at acme.zendesk.com.'),
    email: z.email().optional().describe('With an API token: the address of the admin whom it acts for.'),
    api_token: z.string().min(1).optional().meta({ secret: true }).describe('An API token of the Admin Center, together with email.'),
    access_token: z
      .string()
      .min(1)
      .optional()
      .meta({ secret: true })
      .describe('Instead of email and api_token: an OAuth access token with the scope read.'),
    start_date: z.iso.datetime().optional().describe('Only what was changed since, as 2026-01-31T00:00:00Z. Without it, everything.'),
    page_size: z.number().int().min(1).max(100).default(100).describe('Records a request of a list; the API gives at most 100.'),
    export_size: z.number().int().min(1).max(1000).default(1000).describe('Records a request of an export; the API gives at most 1000.'),
    base_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where the API is, when it is not at the subdomain of zendesk.com.'),
    timeout: timeoutField,
  })
  .refine((config) => (config.access_token === undefined) !== (config.email === undefined && config.api_token === undefined), {
    message: 'must have either access_token, or email and api_token',
    path: ['access_token'],
  })
  .refine((config) => (config.email === undefined) === (config.api_token === undefined), {
    message: 'email and api_token belong together',
    path: ['api_token'],
  })

type Config = z.infer<typeof configSchema>

/** Zendesk's Support API (developer.zendesk.com/api-reference). */
export const zendesk = defineApiSource<Config>({
  name: 'zendesk',
  title: 'Zendesk',
  description: 'Tickets, users and organizations of Zendesk Support, with what was changed and deleted.',
  config: configSchema,
  open(config, runtime) {
    const client = new ApiClient(
      {
        baseUrl: config.base_url ?? `https://${config.subdomain}.zendesk.com`,
        // developer.zendesk.com/api-reference/introduction/security-and-auth
        headers: {
          authorization:
            config.access_token === undefined ? basic(`${config.email}/token`, config.api_token ?? '') : `Bearer ${config.access_token}`,
        },
        timeout: config.timeout,
        judge,
        budget,
      },
      runtime,
    )
    return {
      async probe() {
        const { status, headers, json } = await client.get('/api/v2/users/me')
        if (!isObject(json) || !isObject(json.user)) throw unexpectedAnswer({ ok: true, status, headers, json, text: '' })
        // Without credentials the answer is a user that is nobody (developer.zendesk.com/api-reference/ticketing/users/users, "Show Self").
        if (json.user.id === null) throw refusedCredentials('Zendesk does not know who we are.')
      },
      streams: async () => zendeskStreams(client, config, () => runtime.clock.now()),
    }
  },
})

function judge(answer: Answer): MillraceError | undefined {
  const said = saidBy(answer)
  const isAboutCursor = (answer.status === 400 || answer.status === 422) && /cursor/i.test(answer.text)
  return isAboutCursor ? gone(`The cursor is not known any more (${answer.status})${said}`) : undefined
}

/**
 * What is left for the account, and for this endpoint (developer.zendesk.com, "Best practices for avoiding rate limiting"):
 * `ratelimit-remaining` with `ratelimit-reset`, `zendesk-ratelimit-…: total=100; remaining=99; resets=41`, both in seconds.
 */
function budget(headers: Headers, now: number): Budget | undefined {
  const account = { remaining: headers.get('ratelimit-remaining'), resets: headers.get('ratelimit-reset') }
  const endpoints = [...headers].flatMap(([name, value]) => {
    if (!name.startsWith('zendesk-ratelimit-')) return []
    const number = (part: string) => new RegExp(`${part}=(\\d+)`).exec(value)?.[1] ?? null
    return [{ remaining: number('remaining'), resets: number('resets') }]
  })
  const known = [account, ...endpoints].flatMap(({ remaining, resets }) =>
    remaining === null || resets === null ? [] : [{ remaining: Number(remaining), resetAt: now + Number(resets) * 1000 }],
  )
  return known.toSorted((a, b) => a.remaining - b.remaining || b.resetAt - a.resetAt)[0]
}
