import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
import { checkAge, verifyHmac } from '../../connector/signature.ts'
import { defineWebhookSource } from '../../connector/webhook-source.ts'
import type { JsonObject } from '../../lib/json.ts'

const config = z.strictObject({
  signing_secret: z.string().min(1).meta({ secret: true }).describe("The app's Signing Secret (Basic Information)."),
  tolerance: z.number().positive().default(300).describe('How old a signature may be, in seconds.'),
})

/**
 * Slack's Events API, and its slash commands and interactions, which come as forms. Names as RudderStack has them: the
 * type in words, `member_joined_channel` as Member Joined Channel; a user that joins or changes is identified.
 */
export const slack = defineWebhookSource({
  name: 'slack',
  title: 'Slack',
  description: 'Events, slash commands and interactions of a Slack app. In the app: Event Subscriptions, Request URL.',
  config,
  // docs.slack.dev/authentication/verifying-requests-from-slack
  async verify({ signing_secret: secret, tolerance }, request, { now }) {
    const header = 'x-slack-request-timestamp'
    const time = checkAge(header, request.headers.get(header), { now, tolerance })
    if (!time.ok) return time
    return verifyHmac(request, { header: 'x-slack-signature', secret, prefix: 'v0=', signed: [`v0:${time.value}:`, request.rawBody] })
  },
  // docs.slack.dev/reference/events/url_verification
  challenge(_config, { body }) {
    if (lookup(body, 'type') !== 'url_verification') return undefined
    return { status: 200, contentType: 'text/plain', body: lookupText(body, 'challenge') ?? '' }
  },
  events(_config, item) {
    const event = lookup(item, 'event')
    const what = typeof event === 'object' && event !== null ? event : item
    const user = lookupText(what, 'user.id', 'user', 'user_id', 'item_user')
    const type = lookupText(what, 'type')
    const common = {
      anonymousId: user,
      // An event of the Events API has an id that retries repeat; a command has one that it was triggered with.
      messageId: lookupText(item, 'event_id', 'trigger_id'),
      timestamp: secondsOf(lookupText(item, 'event_time') ?? lookupText(what, 'event_ts', 'ts', 'action_ts')),
      context: {
        externalId: user && [{ type: 'slackUserId', id: user }],
        slack: { team: lookupText(item, 'team_id', 'team.id'), app: lookupText(item, 'api_app_id') },
      },
    }
    if (type === 'team_join' || type === 'user_change') {
      const profile = lookup(what, 'user.profile')
      const traits = {
        email: lookup(profile, 'email'),
        name: lookup(profile, 'real_name') ?? lookup(what, 'user.real_name'),
        username: lookup(what, 'user.name'),
        title: lookup(profile, 'title'),
        phone: lookup(profile, 'phone'),
        avatar: lookup(profile, 'image_192'),
        timezone: lookup(what, 'user.tz'),
      }
      return [{ ...common, type: 'identify', traits }]
    }
    const name = lookupText(what, 'command') === undefined ? wordsOf(type ?? 'event') : 'Slash Command'
    const properties = Object.fromEntries(Object.entries(what as JsonObject).filter(([key]) => !credentials.has(key)))
    return [{ ...common, type: 'track', event: name, properties }]
  },
})

/** What lets whoever reads it answer in the app's name. */
const credentials = new Set(['token', 'response_url', 'response_urls', 'trigger_id'])

/** Slack's times are seconds with a fraction, as text: `1355517523.000005`. */
function secondsOf(time: string | undefined): number | undefined {
  return time === undefined || !/^\d+(\.\d+)?$/.test(time) ? undefined : Number(time)
}

function wordsOf(type: string): string {
  return type.replaceAll(/[_.\s]+/g, ' ').replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())
}
