import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
import { checkAge, verifyHmac } from '../../connector/signature.ts'
import { defineWebhookSource } from '../../connector/webhook-source.ts'

const config = z.strictObject({
  signing_key: z.string().min(1).meta({ secret: true }).describe('The Webhook signing key of the reporting webhook.'),
  tolerance: z
    .number()
    .positive()
    .optional()
    .describe('How old a signature may be, in seconds; without it, any age: Customer.io tries again for seven days.'),
})

/** Names as RudderStack has them (rudder-transformer, src/sources/customerio): Email Opened, SMS Link Clicked. */
const objects: Record<string, string> = { sms: 'SMS', slack: 'Slack Message', webhook: 'Webhook Message' }
const metrics: Record<string, string> = { clicked: 'Link Clicked', spammed: 'Marked as Spam' }

/** Customer.io's reporting webhooks (docs.customer.io/api/webhooks): what became of each message, and of subscriptions. */
export const customerio = defineWebhookSource({
  name: 'customerio',
  title: 'Customer.io',
  description: 'What became of the messages that Customer.io sent. In Customer.io: Integrations, Reporting Webhooks.',
  config,
  async verify({ signing_key: secret, tolerance = Infinity }, request, { now }) {
    const time = checkAge('x-cio-timestamp', request.headers.get('x-cio-timestamp'), { now, tolerance })
    if (!time.ok) return time
    return verifyHmac(request, { header: 'x-cio-signature', secret, signed: [`v0:${time.value}:`, request.rawBody] })
  },
  events(_config, item) {
    const data = lookup(item, 'data')
    const [object, metric] = [lookupText(item, 'object_type')?.toLowerCase(), lookupText(item, 'metric')]
    const email = lookupText(data, 'identifiers.email', 'email_address') ?? (object === 'email' ? lookupText(data, 'recipient') : undefined)
    const cioId = lookupText(data, 'identifiers.cio_id')
    return [
      {
        type: 'track',
        event:
          object === undefined || metric === undefined
            ? 'Unknown Event'
            : `${objects[object] ?? wordsOf(object)} ${metrics[metric] ?? wordsOf(metric)}`,
        userId: lookupText(data, 'identifiers.id', 'customer_id'),
        anonymousId: cioId ?? email,
        messageId: lookup(item, 'event_id'),
        timestamp: lookup(item, 'timestamp'),
        properties: { ...(typeof data === 'object' ? data : { data }), object_type: item['object_type'], metric: item['metric'] },
        context: { externalId: cioId && [{ type: 'customerioId', id: cioId }], traits: email && { email } },
      },
    ]
  },
})

function wordsOf(name: string): string {
  return name.replaceAll('_', ' ').replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())
}
