import { z } from 'zod'
import { pick, pickText } from '../../connector/pick.ts'
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
      const events = pick(part, 'events')
      return Array.isArray(events) ? (events as unknown[]) : [part]
    })
  },
  events(_config, item) {
    const properties = pick(item, 'properties')
    return [
      {
        type: 'track',
        event: pickText(item, 'event_type') ?? 'Unknown Event',
        userId: pickText(item, 'user.external_user_id'),
        anonymousId: pickText(item, 'user.user_id'),
        messageId: pick(item, 'id'),
        timestamp: pick(item, 'time'),
        properties,
        context: {
          traits: present({ email: pick(properties, 'email_address'), phone: pick(properties, 'to_phone_number') }),
          device: present({
            id: pick(item, 'user.device_id') ?? pick(properties, 'device_id'),
            model: pick(properties, 'device_model'),
            advertisingId: pick(properties, 'ad_id'),
            adTrackingEnabled: pick(properties, 'ad_tracking_enabled'),
          }),
          os: present({ name: pick(properties, 'platform'), version: pick(properties, 'os_version') }),
          timezone: pick(item, 'user.timezone'),
          userAgent: pick(properties, 'user_agent'),
        },
      },
    ]
  },
})

/** The object, when any of its fields is there. */
function present(fields: object): object | undefined {
  return Object.values(fields).some((value) => value !== undefined) ? fields : undefined
}
