import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
import { checkAge, verifyHmac } from '../../connector/signature.ts'
import { defineWebhookSource, type RawEvent } from '../../connector/webhook-source.ts'

const config = z.strictObject({
  client_secret: z.string().min(1).meta({ secret: true }).describe("The app's client secret."),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The address as HubSpot has it, up to its "?"; needed where a proxy before the collector changes host, path or https.'),
  tolerance: z.number().positive().default(300).describe('How old a signature may be, in seconds.'),
})

/** HubSpot's webhooks: lists of changes in the CRM. A contact whose property changes is identified, a company is a group. */
export const hubspot = defineWebhookSource({
  name: 'hubspot',
  title: 'HubSpot',
  description: 'Changes of contacts, companies, deals and other objects of the CRM. In HubSpot: the app, Webhooks, Target URL.',
  config,
  // developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation (v3)
  async verify({ client_secret: secret, url, tolerance }, request, { now }) {
    const header = 'x-hubspot-request-timestamp'
    const time = checkAge(header, request.headers.get(header), { now, tolerance, unit: 'milliseconds' })
    if (!time.ok) return time
    const address = url === undefined ? request.url : url + new URL(request.url).search
    const signed = [request.method, decoded(address), request.rawBody, time.value]
    return verifyHmac(request, { header: 'x-hubspot-signature-v3', secret, encoding: 'base64', signed })
  },
  events(_config, item) {
    // An eventId is not unique by itself, says the documentation.
    const ids = ['portalId', 'subscriptionId', 'eventId', 'objectId', 'occurredAt'].map((name) => lookupText(item, name) ?? '')
    const id = ids.join('-')
    const name = lookupText(item, 'subscriptionType', 'eventType') ?? 'Unknown Event'
    const [kind, change] = kindOf(name, lookupText(item, 'objectTypeId'))
    const object = lookupText(item, 'objectId')
    const contact = kind === 'contact' ? object : undefined
    const common = {
      anonymousId: contact,
      timestamp: lookup(item, 'occurredAt'),
      context: { externalId: contact && [{ type: 'hubspotContactId', id: contact }] },
    }
    const track: RawEvent = { ...common, type: 'track', event: name, messageId: id, properties: item }
    const property = lookupText(item, 'propertyName')
    if (change !== 'propertyChange' || property === undefined || object === undefined) return [track]
    const traits = { [property]: lookup(item, 'propertyValue') }
    if (kind === 'contact') return [track, { ...common, type: 'identify', messageId: `${id}-identify`, traits }]
    if (kind === 'company') return [track, { ...common, type: 'group', groupId: object, messageId: `${id}-group`, traits }]
    return [track]
  },
})

/** What changed and how: `contact.propertyChange`, or `object.propertyChange` with HubSpot's id of the type. */
function kindOf(name: string, typeId: string | undefined): (string | undefined)[] {
  const [kind, change] = name.split('.')
  if (kind !== 'object') return [kind, change]
  return [typeId === '0-1' ? 'contact' : typeId === '0-2' ? 'company' : kind, change]
}

/** HubSpot signs the address with these characters decoded, and no others. */
const decodable = /%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi

function decoded(url: string): string {
  return url.replaceAll(decodable, (code) => decodeURIComponent(code))
}
