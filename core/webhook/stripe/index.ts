import { z } from 'zod'
import { pick, pickText } from '../../connector/pick.ts'
import { checkAge, isHmac, missingHeader, noMatch } from '../../connector/signature.ts'
import { defineWebhookSource } from '../../connector/webhook-source.ts'
import { fromHex, joined } from '../../lib/bytes.ts'
import type { JsonObject } from '../../lib/json.ts'
import { ok } from '../../lib/result.ts'

const config = z.strictObject({
  signing_secret: z.string().min(1).meta({ secret: true }).describe("The endpoint's signing secret: whsec_…"),
  user_id: z
    .string()
    .default('user_id')
    .describe('Key of the metadata that holds your id of the user; a checkout’s client_reference_id serves too.'),
  tolerance: z.number().positive().default(300).describe('How old a signature may be, in seconds.'),
})

/** Stripe's events (docs.stripe.com/api/events/object), under their own names: `invoice.paid`. A customer is identified too. */
export const stripe = defineWebhookSource({
  name: 'stripe',
  title: 'Stripe',
  description: 'Payments, subscriptions and customers. In Stripe: Developers, Webhooks, Add endpoint.',
  config,
  // docs.stripe.com/webhooks#verify-manually: t is the time, v1 the HMAC of "t.body"; there are two v1 while a secret is rolled.
  async verify({ signing_secret: secret, tolerance }, { headers, rawBody }, { now }) {
    const value = headers.get('stripe-signature')
    if (value === null) return missingHeader('stripe-signature')
    const parts = value.split(',').map((part) => part.trim().split('='))
    const time = checkAge('stripe-signature', parts.find(([name]) => name === 't')?.[1], { now, tolerance })
    if (!time.ok) return time
    const signatures = parts.flatMap(([name, text]) => (name === 'v1' ? (fromHex(text ?? '') ?? []) : []))
    return (await isHmac('SHA-256', secret, joined([`${time.value}.`, rawBody]), signatures)) ? ok('signed') : noMatch('stripe-signature')
  },
  events({ user_id: key }, item) {
    const object = (pick(item, 'data.object') ?? item) as JsonObject
    const type = pickText(item, 'type') ?? 'Unknown Event'
    const isCustomer = object['object'] === 'customer'
    const customer = isCustomer ? pickText(object, 'id') : pickText(object, 'customer', 'customer.id')
    const email = pickText(object, 'email', 'customer_email', 'customer_details.email', 'billing_details.email', 'receipt_email')
    const common = {
      userId: pickText(pick(object, 'metadata'), key) ?? pickText(object, 'client_reference_id'),
      anonymousId: customer,
      timestamp: pick(item, 'created'),
      context: { externalId: customer && [{ type: 'stripeCustomerId', id: customer }], traits: email && { email } },
    }
    const track = {
      ...common,
      type: 'track' as const,
      event: type,
      messageId: pick(item, 'id'),
      properties: {
        ...object,
        previous_attributes: pick(item, 'data.previous_attributes'),
        account: item['account'],
        livemode: item['livemode'],
      },
    }
    if (type !== 'customer.created' && type !== 'customer.updated') return [track]
    return [
      track,
      {
        ...common,
        type: 'identify',
        messageId: `${pickText(item, 'id')}-identify`,
        traits: {
          email,
          name: pick(object, 'name'),
          phone: pick(object, 'phone'),
          address: pick(object, 'address'),
          createdAt: pick(object, 'created'),
        },
      },
    ]
  },
})
