import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
import { checkAge, isEcdsa, isEcdsaKey, missingHeader, noMatch, wrongSignature } from '../../connector/signature.ts'
import { defineWebhookSource } from '../../connector/webhook-source.ts'
import { fromBase64, joined } from '../../lib/bytes.ts'
import { ok } from '../../lib/result.ts'

const config = z.strictObject({
  public_key: z
    .string()
    .refine(isEcdsaKey, 'must be the verification key that SendGrid shows, in base64')
    .optional()
    .describe('Verification key of the Signed Event Webhook; without it, the write key has to stand in the address.'),
  user_id: z.string().default('user_id').describe('Name of the custom argument that holds your id of the user.'),
  tolerance: z
    .number()
    .positive()
    .optional()
    .describe('How old a signature may be, in seconds; without it, any age: SendGrid names no limit.'),
})

/** Names of Segment's email spec (segment.com/docs/connections/spec/email) where it has one. */
const names: Record<string, string> = {
  processed: 'Email Processed',
  dropped: 'Email Dropped',
  deferred: 'Email Deferred',
  delivered: 'Email Delivered',
  bounce: 'Email Bounced',
  open: 'Email Opened',
  click: 'Email Link Clicked',
  spamreport: 'Email Marked as Spam',
  unsubscribe: 'Unsubscribed',
  group_unsubscribe: 'Group Unsubscribed',
  group_resubscribe: 'Group Resubscribed',
  account_status_change: 'Account Status Changed',
}

/** SendGrid's Event Webhook: lists of what became of mails (twilio.com/docs/sendgrid/for-developers/tracking-events/event). */
export const sendgrid = defineWebhookSource({
  name: 'sendgrid',
  title: 'SendGrid',
  description: 'What became of the mails that Twilio SendGrid sent. In SendGrid: Settings, Mail Settings, Event Webhook.',
  config,
  // .../tracking-events/getting-started-event-webhook-security-features: ECDSA on P-256 of the time followed by the body.
  async verify({ public_key: key, tolerance = Infinity }, { headers, rawBody }, { now }) {
    if (key === undefined) return ok('unsigned')
    const [header, timeHeader] = ['x-twilio-email-event-webhook-signature', 'x-twilio-email-event-webhook-timestamp']
    const value = headers.get(header)
    if (!value) return missingHeader(header)
    const time = checkAge(timeHeader, headers.get(timeHeader), { now, tolerance })
    if (!time.ok) return time
    const signature = fromBase64(value)
    if (signature === undefined) return wrongSignature(`The header ${header} is not in base64.`)
    return (await isEcdsa(key, joined([time.value, rawBody]), signature)) ? ok('signed') : noMatch(header)
  },
  events({ user_id: argument }, item) {
    const type = lookupText(item, 'event')
    const email = lookupText(item, 'email')
    const userAgent = lookupText(item, 'useragent')
    return [
      {
        type: 'track',
        event: type === undefined ? 'Unknown Event' : (names[type] ?? type),
        userId: lookupText(item, argument, `unique_args.${argument}`, `custom_args.${argument}`),
        anonymousId: email,
        messageId: lookup(item, 'sg_event_id'),
        timestamp: lookup(item, 'timestamp'),
        properties: { ...item, link_url: lookup(item, 'url') },
        // Without a browser, the address is that which SendGrid sent from.
        context: { traits: email && { email }, userAgent, ip: userAgent === undefined ? undefined : lookup(item, 'ip') },
      },
    ]
  },
})
