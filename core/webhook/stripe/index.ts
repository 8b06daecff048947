import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
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
    const object = (lookup(item, 'data.object') ?? item) as JsonObject
    const type = lookupText(item, 'type') ?? 'Unknown Event'
    const isCustomer = object['object'] === 'customer'
    const customer = isCustomer ? lookupText(object, 'id') : lookupText(object, 'customer', 'customer.id')
    const email = lookupText(object, 'email', 'customer_email', 'customer_details.email', 'billing_details.email', 'receipt_email')
    const common = {
      userId: lookupText(lookup(object, 'metadata'), key) ?? lookupText(object, 'client_reference_id'),
      anonymousId: customer,
      timestamp: lookup(item, 'created'),
      context: { externalId: customer && [{ type: 'stripeCustomerId', id: customer }], traits: email && { email } },
    }
    const track = {
      ...common,
      type: 'track' as const,
      event: type,
      messageId: lookup(item, 'id'),
      properties: {
        ...object,
        previous_attributes: lookup(item, 'data.previous_attributes'),
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
        messageId: `${lookupText(item, 'id')}-identify`,
        traits: {
          email,
          name: lookup(object, 'name'),
          phone: lookup(object, 'phone'),
          address: lookup(object, 'address'),
          createdAt: lookup(object, 'created'),
        },
      },
    ]
  },
})
