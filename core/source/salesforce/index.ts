import { z } from 'zod'
import { ApiClient, forbidden, gone, saidBy } from '../../connector/api-client.ts'
import { defineApiSource, isObject } from '../../connector/api-source.ts'
import { type Answer, under } from '../../connector/json-request.ts'
import { requestToken } from '../../connector/oauth-token.ts'
import { timeoutField, urlField } from '../../connector/settings.ts'
import { MillraceError } from '../../lib/error.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { salesforceStreams } from './streams.ts'

const configSchema = z.strictObject({
  client_id: z.string().min(1).describe('The consumer key of the connected app.'),
  client_secret: z.string().min(1).meta({ secret: true }).describe('The consumer secret of the connected app.'),
  refresh_token: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true })
    .describe('The refresh token of a user, with the scopes api and refresh_token. Without it, the client credentials flow of the app.'),
  base_url: urlField(
    'https://login.salesforce.com',
    'Where to log in: https://test.salesforce.com for a sandbox; for client credentials the My Domain, https://acme.my.salesforce.com.',
  ),
  objects: z
    .array(z.string().regex(/^[A-Za-z]\w*$/, 'must be the API name of an object'))
    .min(1)
    .default(['Account', 'Campaign', 'Case', 'Contact', 'Lead', 'Opportunity', 'Task', 'User'])
    .describe('Objects to read, by API name, custom ones (Order_Item__c) too.'),
  start_date: z.iso.datetime().optional().describe('Only what was changed since, as 2026-01-31T00:00:00Z. Without it, everything.'),
  lookback: z
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(60)
    .describe('Seconds that an incremental read goes back: a long transaction shows its changes only when it ends.'),
  bulk_from: z
    .number()
    .int()
    .min(0)
    .default(20_000)
    .describe('From this many records on they are read by the Bulk API, which takes a minute to begin and few requests.'),
  api_version: z
    .string()
    .regex(/^\d\d\.0$/, 'must be a version such as 62.0')
    .default('62.0')
    .describe('The version of the API.'),
  timeout: timeoutField,
})

type Config = z.infer<typeof configSchema>

/** Salesforce's REST API and Bulk API 2.0 (developer.salesforce.com/docs). */
export const salesforce = defineApiSource<Config>({
  name: 'salesforce',
  title: 'Salesforce',
  description: 'Accounts, contacts, opportunities and any other objects of Salesforce, with all fields, and what was changed and deleted.',
  config: configSchema,
  open(config, runtime) {
    return {
      async probe() {
        await (await connect(config, runtime)).get(`/services/data/v${config.api_version}/limits`)
      },
      streams: async () => salesforceStreams(await connect(config, runtime), config, runtime),
    }
  },
})

async function connect(config: Config, runtime: Runtime): Promise<ApiClient> {
  const { client_id, client_secret, refresh_token } = config
  const grant: Record<string, string> =
    refresh_token === undefined ? { grant_type: 'client_credentials' } : { grant_type: 'refresh_token', refresh_token }
  // help.salesforce.com, "OAuth 2.0 Client Credentials Flow" and "OAuth 2.0 Refresh Token Flow".
  const logIn = () =>
    requestToken(under(config.base_url, '/services/oauth2/token'), { ...grant, client_id, client_secret }, config.timeout, runtime)
  const token = await logIn()
  const renew = async () => ({ authorization: `Bearer ${(await logIn()).access_token}` })
  const baseUrl = typeof token.instance_url === 'string' ? token.instance_url : config.base_url
  return new ApiClient(
    { baseUrl, headers: { authorization: `Bearer ${token.access_token}` }, timeout: config.timeout, judge, renew },
    runtime,
  )
}

/** Errors are a list of `errorCode` and `message` (developer.salesforce.com, REST API, "Status Codes and Error Responses"). */
function judge(answer: Answer): MillraceError | undefined {
  const { json, status } = answer
  const [first] = Array.isArray(json) ? (json as unknown[]) : []
  const said = saidBy(answer)
  switch (isObject(first) ? first.errorCode : undefined) {
    case 'REQUEST_LIMIT_EXCEEDED':
      return new MillraceError({
        code: 'source-throttled',
        fault: 'transient',
        retryable: false,
        message: `The limit of requests within 24 hours is used up (${status})${said}`,
        mend: 'Run it again later, or raise the limit of the org.',
      })
    // A type that the user may not see is told as one that there is not.
    case 'INVALID_TYPE':
    case 'INSUFFICIENT_ACCESS':
    case 'NOT_FOUND':
      return forbidden(`There is no such object, or the user may not read it (${status})${said}`)
    case 'INVALID_QUERY_LOCATOR':
    case 'INVALIDJOB':
      return gone(`The results are not kept any more (${status})${said}`)
    case 'QUERY_TIMEOUT':
      return new MillraceError({ code: 'source-unavailable', fault: 'transient', message: `The query took too long (${status})${said}` })
    default:
      return undefined
  }
}
