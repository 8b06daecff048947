import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
import { verifySecretHeader } from '../../connector/signature.ts'
import { defineWebhookSource } from '../../connector/webhook-source.ts'
import { ok } from '../../lib/result.ts'

const config = z.strictObject({
  token: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true })
    .describe('The Bearer Token of the Current; without it, the write key has to stand in the address.'),
})

/**
 * Braze Currents by its Custom HTTP connector (braze.com/docs, Custom HTTP connector and Event glossary): `{"events": […]}`,
 * mapped as RudderStack does (rudder-transformer, src/sources/braze), under their own names: users.messages.email.Open.
 */
export const braze = defineWebhookSource({
  name: 'braze',
  title: 'Braze Currents',
  description: 'Messages and behaviour of users. In Braze: Partner Integrations, Data Export, Custom Currents Export.',
  config,
  verify: async ({ token }, request) =>
    token === undefined ? ok('unsigned') : verifySecretHeader(request, 'authorization', `Bearer ${token}`),
  items(_config, { body }) {
    const bodies: unknown[] = Array.isArray(body) ? body : [body]
    return bodies.flatMap((part) => {
      const events = lookup(part, 'events')
      return Array.isArray(events) ? (events as unknown[]) : [part]
    })
  },
  events(_config, item) {
    const properties = lookup(item, 'properties')
    return [
      {
        type: 'track',
        event: lookupText(item, 'event_type') ?? 'Unknown Event',
        userId: lookupText(item, 'user.external_user_id'),
        anonymousId: lookupText(item, 'user.user_id'),
        messageId: lookup(item, 'id'),
        timestamp: lookup(item, 'time'),
        properties,
        context: {
          traits: present({ email: lookup(properties, 'email_address'), phone: lookup(properties, 'to_phone_number') }),
          device: present({
            id: lookup(item, 'user.device_id') ?? lookup(properties, 'device_id'),
            model: lookup(properties, 'device_model'),
            advertisingId: lookup(properties, 'ad_id'),
            adTrackingEnabled: lookup(properties, 'ad_tracking_enabled'),
          }),
          os: present({ name: lookup(properties, 'platform'), version: lookup(properties, 'os_version') }),
          timezone: lookup(item, 'user.timezone'),
          userAgent: lookup(properties, 'user_agent'),
        },
      },
    ]
  },
})

/** The object, when any of its fields is there. */
function present(fields: object): object | undefined {
  return Object.values(fields).some((value) => value !== undefined) ? fields : undefined
}
