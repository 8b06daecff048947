import { z } from 'zod'
import { type Budget, ApiClient, forbidden, saidBy, throttled } from '../../connector/api-client.ts'
import { defineApiSource } from '../../connector/api-source.ts'
import type { Answer } from '../../connector/json-request.ts'
import { retryAfter } from '../../connector/http-failure.ts'
import { timeoutField, urlField } from '../../connector/settings.ts'
import type { MillraceError } from '../../lib/error.ts'
import { githubStreams } from './streams.ts'

const configSchema = z.strictObject({
  token: z
    .string()
    .min(1)
    .meta({ secret: true })
    .describe(
      'A personal access token (fine-grained or classic), or the installation token of a GitHub App, that may read the repositories.',
    ),
  repositories: z
    .array(z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name'))
    .min(1)
    .describe('The repositories to read, each as owner/name.'),
  start_date: z.iso
    .datetime()
    .optional()
    .describe('Only what was changed since (commits: made since), as 2026-01-31T00:00:00Z. Without it, everything.'),
  page_size: z.number().int().min(1).max(100).default(100).describe('Records a request; the API gives at most 100.'),
  base_url: urlField('https://api.github.com', 'Where the API is; for GitHub Enterprise Server https://HOST/api/v3.'),
  timeout: timeoutField,
})

export type Config = z.infer<typeof configSchema>

/** GitHub's REST API, version 2022-11-28 (docs.github.com/en/rest). */
export const github = defineApiSource<Config>({
  name: 'github',
  title: 'GitHub',
  description: 'Issues, pull requests, commits, comments and releases of GitHub repositories.',
  config: configSchema,
  open(config, runtime) {
    const client = new ApiClient(
      {
        baseUrl: config.base_url,
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${config.token}`,
          'x-github-api-version': '2022-11-28',
        },
        timeout: config.timeout,
        judge,
        budget,
      },
      runtime,
    )
    return {
      async probe() {
        for (const repository of config.repositories) await client.get(`/repos/${repository}`)
      },
      streams: async () => githubStreams(client, config),
    }
  },
})

/** docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api, "Exceeding the rate limit". */
function judge(answer: Answer, now: number): MillraceError | undefined {
  const { status, headers } = answer
  const said = saidBy(answer)
  if (status === 403 || status === 429) {
    const asked = retryAfter(headers.get('retry-after'), headers.get('date'))
    if (asked !== undefined) return throttled(`GitHub asks for a pause (${status})${said}`, asked)
    const left = budget(headers)
    if (left?.remaining === 0) return throttled(`The rate limit is used up (${status})${said}`, Math.max(0, (left.resetAt - now) / 1000))
    // Without a header: "wait for at least one minute".
    if (status === 429 || /rate limit/i.test(said)) return throttled(`GitHub's secondary rate limit is reached (${status})${said}`, 60)
  }
  // What a token may not see is told as if it were not there (docs.github.com, "Troubleshooting the REST API").
  if (status === 404) return forbidden(`There is no such thing, or the token may not see it (404)${said}`)
  return undefined
}

function budget(headers: Headers): Budget | undefined {
  const [remaining, reset] = [headers.get('x-ratelimit-remaining'), headers.get('x-ratelimit-reset')]
  return remaining === null || reset === null ? undefined : { remaining: Number(remaining), resetAt: Number(reset) * 1000 }
}
