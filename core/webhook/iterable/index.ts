import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
import { verifySecretHeader } from '../../connector/signature.ts'
import { defineWebhookSource } from '../../connector/webhook-source.ts'
import { ok } from '../../lib/result.ts'

const config = z.strictObject({
  authorization: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true })
    .describe(
      'All of the Authorization header that the webhook sends, by its Auth Type and Auth Token: "OAuth2 ${secret:TOKEN}"; without it, the write key has to stand in the address.',
    ),
})

/** Iterable's system webhooks (support.iterable.com, System Webhooks), under their own names: emailOpen. They are not signed. */
export const iterable = defineWebhookSource({
  name: 'iterable',
  title: 'Iterable',
  description: 'What became of the messages that Iterable sent, and of subscriptions. In Iterable: Integrations, System Webhooks.',
  config,
  verify: async ({ authorization }, request) =>
    authorization === undefined ? ok('unsigned') : verifySecretHeader(request, 'authorization', authorization),
  // Its events have no id (a messageId is that of the mail), so ours is made of their content, which a repeat repeats.
  events(_config, item) {
    const email = lookupText(item, 'email', 'dataFields.email')
    return [
      {
        type: 'track',
        event: lookupText(item, 'eventName') ?? 'Unknown Event',
        userId: lookupText(item, 'userId', 'dataFields.userId'),
        anonymousId: email,
        timestamp: lookup(item, 'dataFields.createdAt'),
        properties: lookup(item, 'dataFields') ?? item,
        context: { traits: email && { email }, userAgent: lookup(item, 'dataFields.userAgent'), ip: lookup(item, 'dataFields.ip') },
      },
    ]
  },
})
