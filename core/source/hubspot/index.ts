import { z } from 'zod'
import { ApiClient, type Budget, saidBy } from '../../connector/api-client.ts'
import { defineApiSource, isObject, objectsOf } from '../../connector/api-source.ts'
import type { Answer } from '../../connector/json-request.ts'
import { timeoutField, urlField } from '../../connector/settings.ts'
import { MillraceError } from '../../lib/error.ts'
import { hubspotStreams } from './streams.ts'

const objectName = z.string().regex(/^[\w-]+$/, 'must be the name or id of an object type')

const configSchema = z.strictObject({
  access_token: z
    .string()
    .min(1)
    .meta({ secret: true })
    .describe('The access token of a private app with the read scopes of the objects and crm.schemas.*.read.'),
  objects: z
    .array(objectName)
    .default(['contacts', 'companies', 'deals', 'tickets'])
    .describe('Objects to read: contacts, companies, deals, tickets, products, line_items, quotes, calls, …, or custom ones (2-123456).'),
  properties: z
    .record(objectName, z.array(z.string()))
    .default({})
    .describe('Only these properties, by object. Without, all that the account has.'),
  associations: z
    .record(objectName, z.array(objectName))
    .default({ contacts: ['companies'], deals: ['contacts', 'companies'], tickets: ['contacts', 'companies'] })
    .describe('Which objects are read with the ids of which others that they are associated with.'),
  start_date: z.iso.datetime().optional().describe('Only what was changed since, as 2026-01-31T00:00:00Z. Without it, everything.'),
  lookback: z
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(300)
    .describe('Seconds that an incremental read goes back: a change takes a moment to be found.'),
  page_size: z.number().int().min(1).max(100).default(100).describe('Records a request.'),
  base_url: urlField('https://api.hubapi.com', 'Where the API is.'),
  timeout: timeoutField,
})

type Config = z.infer<typeof configSchema>

/** HubSpot's CRM API, version 3, and its associations, version 4 (developers.hubspot.com/docs/api-reference). */
export const hubspot = defineApiSource<Config>({
  name: 'hubspot',
  title: 'HubSpot',
  description: 'Contacts, companies, deals, tickets and other objects of HubSpot with all their properties and associations.',
  config: configSchema,
  open(config, runtime) {
    const client = new ApiClient(
      { baseUrl: config.base_url, headers: { authorization: `Bearer ${config.access_token}` }, timeout: config.timeout, judge, budget },
      runtime,
    )
    return {
      async probe() {
        const { json } = await client.get(`/crm/v3/objects/${config.objects[0] ?? 'contacts'}`, { limit: 1 })
        objectsOf(isObject(json) ? json.results : undefined)
      },
      streams: () => hubspotStreams(client, config, () => runtime.clock.now()),
    }
  },
})

/** developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines: the day's limit comes back at midnight only. */
function judge(answer: Answer): MillraceError | undefined {
  const isDaily = answer.status === 429 && isObject(answer.json) && /daily/i.test(String(answer.json.policyName))
  if (!isDaily) return undefined
  return new MillraceError({
    code: 'source-throttled',
    fault: 'transient',
    retryable: false,
    message: `The day's limit of requests is used up (429)${saidBy(answer)}`,
    mend: "It comes back at midnight, by the account's time zone.",
  })
}

/** Requests left of an interval. Answers of the search have no such headers. */
function budget(headers: Headers, now: number): Budget | undefined {
  const [remaining, interval] = [headers.get('x-hubspot-ratelimit-remaining'), headers.get('x-hubspot-ratelimit-interval-milliseconds')]
  return remaining === null || interval === null ? undefined : { remaining: Number(remaining), resetAt: now + Number(interval) }
}
