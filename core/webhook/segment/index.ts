import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
import { verifyHmac } from '../../connector/signature.ts'
import { defineWebhookSource, type RawEvent } from '../../connector/webhook-source.ts'
import { eventTypes } from '../../event/schema.ts'
import { joined } from '../../lib/bytes.ts'
import { ok } from '../../lib/result.ts'

const config = z.strictObject({
  shared_secret: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true })
    .describe('The Shared Secret of the destination; without it, the write key has to stand in the address.'),
})

/** What Segment's own servers say of an event on its way; by their times ours would be corrected a second time. */
const transit = ['sentAt', 'receivedAt', 'originalTimestamp', 'projectId', 'version', 'channel']

/** Segment's Webhooks destination: events in the very form that ours have, one or a list of them. */
export const segment = defineWebhookSource({
  name: 'segment',
  title: 'Segment',
  description: 'Events of a Segment workspace. In Segment: the destination Webhooks (Actions).',
  config,
  // segment.com/docs/connections/destinations/catalog/actions-webhook: HMAC-SHA1 in hex. X-Segment-Signature covers the
  // whole body; the older X-Signature covers of a list the first event alone, so that the others want the write key.
  async verify({ shared_secret: secret }, request) {
    if (secret === undefined) return ok('unsigned')
    const whole = request.headers.has('x-segment-signature')
    const scheme = { header: whole ? 'x-segment-signature' : 'x-signature', secret, hash: 'SHA-1' as const }
    const first = whole ? undefined : firstOf(request.rawBody)
    if (first === undefined) return verifyHmac(request, scheme)
    const proof = await verifyHmac(request, { ...scheme, signed: [first] })
    return proof.ok ? ok('unsigned') : proof
  },
  events(_config, item) {
    const { writeKey: _, ...event } = item
    const type = eventTypes.find((known) => known === item['type'])
    if (type === undefined) {
      return [
        { type: 'track', event: lookupText(item, 'event', 'type') ?? 'Unknown Event', messageId: item['messageId'], properties: event },
      ]
    }
    const told = Object.fromEntries(transit.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])))
    const raw = Object.fromEntries(Object.entries(event).filter(([name]) => !transit.includes(name)))
    const context = lookup(item, 'context')
    return [{ ...(raw as unknown as RawEvent), type, context: { ...(typeof context === 'object' ? context : {}), segment: told } }]
  },
})

/** The first element of a list, as Segment signs it: as JSON.stringify writes it. Undefined when the body is no list. */
function firstOf(rawBody: Uint8Array): Uint8Array | undefined {
  if (rawBody[0] !== 0x5b) return undefined
  try {
    const list = JSON.parse(new TextDecoder().decode(rawBody)) as unknown[]
    return joined([JSON.stringify(list[0]) ?? ''])
  } catch {
    return undefined
  }
}
