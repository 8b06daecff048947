import { describe, expect, test } from 'vitest'
import { placeOf, placeOfCloudflare } from '#core/event/enrich/place.ts'
import { chromeOnMac, contextOf } from './enriched.ts'

const munich = placeOfCloudflare({
  country: 'DE',
  region: 'Bavaria',
  regionCode: 'BY',
  city: 'Munich',
  postalCode: '80331',
  latitude: '48.13743',
  longitude: '11.57549',
  timezone: 'Europe/Berlin',
  continent: 'EU',
  asn: 3320,
  asOrganization: 'Deutsche Telekom AG',
  colo: 'MUC',
  tlsVersion: 'TLSv1.3',
})!
const location = {
  country: 'DE',
  region: 'Bavaria',
  regionCode: 'BY',
  city: 'Munich',
  postal: '80331',
  latitude: 48.13743,
  longitude: 11.57549,
  timezone: 'Europe/Berlin',
  continent: 'EU',
}
const network = { asn: 3320, asOrganization: 'Deutsche Telekom AG' }
const visitor = { ip: '203.0.113.7', userAgent: chromeOnMac, place: munich }

describe('what the request of a browser or an app tells', () => {
  test.each([
    ['analytics.js', { library: { name: 'analytics.js', version: 'npm:next-1.84.3' } }],
    ['RudderLabs JavaScript SDK', { library: { name: 'RudderLabs JavaScript SDK' } }],
    ['analytics-ios', { library: { name: 'analytics-ios' } }],
    ['@segment/analytics-react-native', { library: { name: '@segment/analytics-react-native' } }],
    ['no library, but a browser', {}],
  ])('%s: address, place and network', async (_name, context) => {
    expect(await contextOf({ context }, { visitor })).toMatchObject({ ip: '203.0.113.7', location, network })
  })

  test.each<[string, object, object?]>([
    ['@segment/analytics-node', { context: { library: { name: '@segment/analytics-node' } } }],
    ['analytics-python', { context: { library: { name: 'analytics-python' } } }],
    ['posthog-go', { context: { library: { name: 'posthog-go' } } }],
    ['Analytics.NET', { context: { library: { name: 'Analytics.NET' } } }],
    ['rudder-analytics-java', { context: { library: { name: 'rudder-analytics-java' } } }],
    ['the channel server', { channel: 'server' }],
    ['the channel sources in the context', { context: { channel: 'sources', library: { name: 'x' } } }],
    ['no library, and a program', {}, { ...visitor, userAgent: 'axios/1.7.2' }],
    ['no library, and no user agent', {}, { ...visitor, userAgent: undefined }],
  ])('is not taken for that of a server: %s', async (_name, event, sender = visitor) => {
    const context = await contextOf(event, { visitor: sender })
    for (const field of ['ip', 'location', 'network', 'userAgent', 'os', 'bot']) expect(context).not.toHaveProperty(field)
  })

  test('is not looked at for an event of a server, nor for what is switched off', async () => {
    const untouchable = new Proxy({}, { get: (_, name) => expect.fail(`${String(name)} was read`), ownKeys: () => [] })
    const read: string[] = []
    const noted = Object.defineProperties(
      {},
      Object.fromEntries(
        ['ip', 'userAgent', 'hints', 'place'].map((name) => [name, { enumerable: false, get: () => void read.push(name) }]),
      ),
    )
    const { Acceptor } = await import('#core/event/accept.ts')
    const { receptionOf } = await import('#test/fixture/reception.ts')
    const limits = { maxBytes: 32_768, bodyBytes: 0, deep: false }
    const event = { type: 'track', event: 'A', userId: 'u', messageId: 'm' }
    const server = { ...event, context: { library: { name: 'analytics-node' } } }
    await new Acceptor().accept([server], { ...receptionOf(), visitor: untouchable as never }, limits)
    const off = { geo: false, user_agent: false, bots: 'keep', ip: 'drop' } as const
    const client = { ...event, context: { library: { name: 'analytics.js' } } }
    await new Acceptor().accept([client], { ...receptionOf({ enrich: off }), visitor: noted as never }, limits)
    expect(read).toEqual([])
  })

  test('is not taken for the place of an address that the sender told', async () => {
    const elsewhere = await contextOf({ context: { ip: '198.51.100.1' } }, { visitor })
    expect(elsewhere['ip']).toBe('198.51.100.1')
    expect(elsewhere).not.toHaveProperty('location')
    expect(await contextOf({ context: { ip: '203.0.113.7' } }, { visitor })).toMatchObject({ location, network })
  })

  test('completes what the sender said, and stays out where it says otherwise', async () => {
    expect((await contextOf({ context: { location: { country: 'DE', speed: 3 } } }, { visitor }))['location']).toEqual({
      ...location,
      speed: 3,
    })
    const gps = { latitude: 52.5, longitude: 13.4 }
    expect((await contextOf({ context: { location: gps, network: 'wifi' } }, { visitor }))['location']).toEqual(gps)
    expect((await contextOf({ context: { network: 'wifi' } }, { visitor }))['network']).toBe('wifi')
  })

  test('can be switched off', async () => {
    const context = await contextOf({}, { visitor, enrich: { geo: false } })
    expect(context).toMatchObject({ ip: '203.0.113.7' })
    expect(context).not.toHaveProperty('location')
  })
})

describe('a place', () => {
  test('has no country that is none, and no number that is none', () => {
    expect(placeOfCloudflare({ country: 'T1' })).toBeUndefined()
    expect(placeOfCloudflare({ country: 'XX', latitude: 'north', asn: '64500' })).toEqual({ network: { asn: 64500 } })
    expect(placeOfCloudflare(undefined)).toBeUndefined()
    expect(placeOf((field) => (field === 'city' ? 'x'.repeat(201) : { toString: 1 }))).toBeUndefined()
  })
})
