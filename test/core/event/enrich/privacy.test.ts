import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { truncateIp } from '#core/event/enrich/ip.ts'
import { chromeOnMac, contextOf, taken } from './enriched.ts'

describe('an address', () => {
  test.each([
    ['203.0.113.195', '203.0.113.0'],
    ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
    ['2001:DB8::1', '2001:db8::'],
    ['::1', '::'],
    ['::', '::'],
    ['fe80::1', 'fe80::'],
    ['1:2:3:4:5:6:7::', '1:2:3::'],
    ['::ffff:192.0.2.128', '::ffff:192.0.2.0'],
    ['::ffff:c000:280', '::ffff:192.0.2.0'],
    ['1.2.3', undefined],
    ['1.2.3.4.5', undefined],
    ['1.2.3.400', undefined],
    ['1.2.3.4:80', undefined],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1:2:3:4:5:6:7', undefined],
    [':::', undefined],
    ['fe80::1%eth0', undefined],
    ['somebody', undefined],
    ['', undefined],
  ])('%s truncated is %s', (ip, truncated) => expect(truncateIp(ip)).toBe(truncated))

  test('truncated tells nothing of its last part, and is an address still', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(255), (ip, last) => {
        const head = ip.slice(0, ip.lastIndexOf('.'))
        expect(truncateIp(ip)).toBe(`${head}.0`)
        expect(truncateIp(`${head}.${last}`)).toBe(truncateIp(ip))
      }),
    )
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const truncated = truncateIp(ip)
        expect(truncated).toMatch(/^(?:::|[\da-f]{1,4}(?::[\da-f]{1,4}){0,2}::|::ffff:[\d.]+\.0|::[\da-f:]*)$/)
        expect(truncateIp(truncated!)).toBe(truncated)
      }),
    )
    fc.assert(fc.property(fc.string(), (text) => void truncateIp(text)))
  })

  const visitor = { ip: '203.0.113.7', userAgent: chromeOnMac, place: { location: { country: 'DE' } } }

  test.each([
    ['truncate', '203.0.113.0', '198.51.100.0'],
    ['drop', undefined, undefined],
  ] as const)('%s: of the request and of the sender, after its place is known', async (ip, ofRequest, ofSender) => {
    const context = await contextOf({}, { visitor, enrich: { ip } })
    expect([context['ip'], context['location']]).toEqual([ofRequest, { country: 'DE' }])
    expect((await contextOf({ context: { ip: '198.51.100.9' } }, { visitor, enrich: { ip } }))['ip']).toBe(ofSender)
    expect((await contextOf({ context: { ip: '198.51.100.9', channel: 'server' } }, { visitor, enrich: { ip } }))['ip']).toBe(ofSender)
    expect((await contextOf({}, { visitor, enrich: { ip }, context: { ip: '198.51.100.9' } }))['ip']).toBe(ofSender)
    expect((await contextOf({ context: { ip: 'Ann, 12 Elm Street' } }, { visitor, enrich: { ip } }))['ip']).toBeUndefined()
    expect((await contextOf({ context: { ip: ['198.51.100.9'] } }, { visitor, enrich: { ip } }))['ip']).toBeUndefined()
  })

  test.each([
    ['truncate', { a: 1, ip: '198.51.100.0' }, { b: 2, $ip: '198.51.100.0' }],
    ['drop', { a: 1 }, { b: 2 }],
  ] as const)('%s: also in what is kept of a refused event', async (ip, context, properties) => {
    const event = { event: '', context: { a: 1, ip: '198.51.100.9' }, properties: { b: 2, $ip: '198.51.100.9' } }
    const { rejected } = await taken(event, { enrich: { ip } })
    expect(JSON.parse((JSON.parse(rejected[0]!) as { payload: string }).payload)).toMatchObject({ context, properties })
    expect(rejected[0]).not.toContain('100.9')
    expect((await taken(event)).rejected[0]).toContain('100.9')
  })
})

describe('consent', () => {
  test.each<[string, object, unknown]>([
    ["Segment's", { consent: { categoryPreferences: { Ads: false, Stats: true } } }, { Ads: false, Stats: true }],
    [
      "RudderStack's",
      { consentManagement: { provider: 'oneTrust', allowedConsentIds: ['C1', 'C2'], deniedConsentIds: ['C3', 'C2'] } },
      { C1: true, C2: false, C3: false },
    ],
    ["RudderStack's, by id", { consentManagement: { allowedConsentIds: { C1: 'Necessary' } } }, { C1: true }],
    [
      "Google's",
      { consent: { ad_storage: 'denied', analytics_storage: 'granted', wait_for_update: 500 } },
      { ad_storage: false, analytics_storage: true },
    ],
    [
      "Segment's before RudderStack's",
      { consent: { categoryPreferences: { A: true } }, consentManagement: { allowedConsentIds: ['B'] } },
      { A: true },
    ],
    ['none', { consentManagement: { allowedConsentIds: [] } }, undefined],
    ['no consent at all', { consentManagement: 'yes', consent: null }, undefined],
    ['hostile ids', { consentManagement: { allowedConsentIds: ['toString', 7, ''] } }, { toString: true }],
  ])('%s', async (_name, context, preferences) => {
    const made = await contextOf({ context })
    expect(made['consent']?.categoryPreferences).toEqual(preferences)
    // The original stands beside it.
    expect(made).toMatchObject(context)
  })

  const enrich = { consent: { required: ['Ads', 'Stats'] } }

  test('required: an event that has it is kept, another leaves a count and nothing else', async () => {
    const both = { consentManagement: { allowedConsentIds: ['Ads', 'Stats', 'More'] } }
    expect((await taken({ context: both }, { enrich })).lines).toHaveLength(1)
    expect((await taken({}, { enrich, context: both })).lines).toHaveLength(1)
    for (const context of [
      undefined,
      {},
      { consent: { categoryPreferences: { Ads: true } } },
      { consent: { categoryPreferences: { Ads: true, Stats: 'yes' } } },
      { consent: { categoryPreferences: { Ads: true, Stats: false } } },
      { consent: { categoryPreferences: Object.create({ Ads: true, Stats: true }) as object } },
    ]) {
      const { lines, rejected, rejections, dropped, seen } = await taken({ context }, { enrich })
      expect({ lines, rejected, rejections, seen }).toEqual({ lines: [], rejected: [], rejections: [], seen: [] })
      expect(dropped).toEqual({ 'no-consent': 1 })
    }
  })

  test('required: nor is anything kept of an event that is refused besides', async () => {
    for (const event of [{ event: '' }, { type: 'nonsense' }, { properties: 7 }]) {
      const { rejected, rejections, dropped } = await taken(event, { enrich })
      expect({ rejected, rejections, dropped }).toEqual({ rejected: [], rejections: [], dropped: { 'no-consent': 1 } })
    }
    const consent = { categoryPreferences: { Ads: true, Stats: true } }
    expect((await taken({ event: '', context: { consent } }, { enrich })).rejected).toHaveLength(1)
  })
})
