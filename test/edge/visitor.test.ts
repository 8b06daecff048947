import { describe, expect, test } from 'vitest'
import { settingsSchema } from '#edge/env.ts'
import { RequestVisitor } from '#edge/visitor.ts'

function visitorOf(headers: Record<string, string>, cf?: object, settings: object = {}) {
  const required = { ADMIN_TOKEN: '0123456789abcdef', WAREHOUSE_URL: 'http://127.0.0.1:8123' }
  return new RequestVisitor({ cf }, new Headers(headers), settingsSchema.parse({ ...required, ...settings }))
}

describe('the place of a request', () => {
  const cf = { country: 'FR', city: 'Lyon', asn: 64500 }

  test("is what Cloudflare's runtime knows", () => {
    expect(visitorOf({ 'cf-ipcountry': 'DE' }, cf).place).toEqual({ location: { country: 'FR', city: 'Lyon' }, network: { asn: 64500 } })
    expect(visitorOf({ 'cf-ipcountry': 'DE' }).place).toBeUndefined()
  })

  test('is what the headers say that are set, and nothing else', () => {
    const GEO_HEADERS = 'country = CF-IPCountry, region=CF-Region'
    expect(visitorOf({ 'cf-ipcountry': 'DE', 'cf-ipcity': 'Ulm' }, cf, { GEO_HEADERS }).place).toEqual({ location: { country: 'DE' } })
    expect(visitorOf({}, cf, { GEO_HEADERS }).place).toBeUndefined()
  })

  test.each(['country', 'country=', 'planet=CF-Planet', 'country=not a header', 'country=A,,'])('refuses the setting %s', (GEO_HEADERS) => {
    expect(() => visitorOf({}, undefined, { GEO_HEADERS })).toThrow('is not field=Header')
  })
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  [' 2001:db8::1 , 10.0.0.1', '2001:db8::1'],
  ['unknown', undefined],
  ['', undefined],
])('the address in "%s" is %s', (header, ip) => expect(visitorOf({ 'cf-connecting-ip': header }).ip).toBe(ip))
