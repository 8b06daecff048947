import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hintsOfHeaders } from '#core/event/enrich/client-hints.ts'
import { placeOfCloudflare } from '#core/event/enrich/place.ts'
import { chromeOnMac, contextOf, safariOnIphone } from './enriched.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    chromeOnMac,
    safariOnIphone,
    'Mozilla/5.0 (compatible; bingbot/2.0)',
    '203.0.113.7',
    '2001:db8::1',
    'analytics-node',
    'DE',
  ),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.array(fc.constantFrom('?', '&', '=', '#', 'utm_source', 'gclid', '%', '%E0', 'x', '__proto__')).map((parts) => parts.join('')),
)
const anything = fc.oneof({ maxDepth: 2 }, text, fc.jsonValue(), fc.constantFrom(null, undefined, 0, true))
const known = [
  'ip', 'userAgent', 'userAgentData', 'library', 'channel', 'page', 'campaign', 'clickIds', 'device', 'os', 'browser', 'location',
  'network', 'bot', 'consent', 'consentManagement', 'clock', '__proto__',
] // prettier-ignore
const inner = fc.oneof(
  anything,
  fc.dictionary(
    fc.constantFrom(
      'name', 'version', 'type', 'model', 'url', 'search', 'source', 'country', 'city', 'categoryPreferences', 'allowedConsentIds',
      'brands', 'platform', 'platformVersion', 'future', 'is_bot', 'gclid', 'ad_storage', '__proto__',
    ), // prettier-ignore
    anything,
  ),
)
const context = fc.dictionary(fc.constantFrom(...known), inner)
const header = fc.option(text, { nil: undefined })
const visitor = fc.record({
  ip: header,
  userAgent: header,
  hints: fc.record({ ua: text, version: text }).map(({ ua, version }) => hintsOfHeaders((name) => (name === 'sec-ch-ua' ? ua : version))),
  place: fc.dictionary(fc.constantFrom('country', 'city', 'latitude', 'asn', 'region'), anything).map(placeOfCloudflare),
})
const enrich = fc.record({
  geo: fc.boolean(),
  user_agent: fc.boolean(),
  campaign: fc.boolean(),
  bots: fc.constantFrom('keep', 'flag'),
  ip: fc.constant('keep'),
})
const event = fc.record({
  context,
  channel: anything,
  properties: fc.dictionary(fc.constantFrom('url', 'a'), anything),
  timestamp: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
})

/** Whether `whole` says all that `part` says. A null says nothing. */
function includes(whole: unknown, part: unknown): boolean {
  if (part === null) return true
  if (typeof part !== 'object' || Array.isArray(part)) return JSON.stringify(whole) === JSON.stringify(part)
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return false
  return Object.keys(part).every((key) =>
    includes(Object.getOwnPropertyDescriptor(whole, key)?.value, (part as Record<string, unknown>)[key]),
  )
}

test('whatever is sent, nothing is thrown, nothing that the sender said is changed, and what was sent is not touched', async () => {
  await fc.assert(
    fc.asyncProperty(event, fc.option(visitor, { nil: undefined }), enrich, async (raw, sender, settings) => {
      const before = structuredClone(raw)
      const sent = JSON.parse(JSON.stringify(raw)) as { context: object }
      const made = await contextOf(raw, { ...(sender && { visitor: sender }), enrich: settings as object })
      expect(includes(made, sent.context)).toBe(true)
      expect(raw).toEqual(before)
    }),
    { numRuns: 1000 },
  )
})
