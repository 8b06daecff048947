import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'
const headless = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36'
const chrome = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

let warehouse: TestWarehouse
let edge: TestEdge
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({
    warehouse,
    // A proxy that knows where an address is sets these.
    settings: { GEO_HEADERS: 'country=CF-IPCountry, city=CF-IPCity, latitude=CF-IPLatitude, asn=X-ASN' },
    sources: [
      'web',
      {
        kind: 'sdk',
        name: 'strict',
        write_key: edgeKey('strict'),
        enrich: { bots: 'drop', ip: 'truncate', consent: { required: ['Analytics'] } },
        first_party: { cookie_domain: 'shop.example' },
      },
      {
        kind: 'webhook',
        name: 'tool',
        write_key: edgeKey('tool'),
        connector: 'generic',
        config: { events: [{ event: 'Tool {type}', user_id: '{user}' }] },
        enrich: { ip: 'drop' },
      },
    ],
  })
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.stop()
})

function edgeKey(source: string): string {
  return `write-key-of-${source}`
}

const proxied = {
  'x-forwarded-for': '203.0.113.7',
  'cf-ipcountry': 'DE',
  'cf-ipcity': 'München',
  'cf-iplatitude': '48.137',
  'x-asn': '3320',
}

let sent = 0
async function send(source: string, headers: Record<string, string>, ...events: object[]) {
  const batch = events.map((event) => ({ type: 'page', userId: 'u', messageId: `e${++sent}`, timestamp: new Date(), ...event }))
  const response = await fetch(`${edge.url}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch, sentAt: new Date() }),
    headers: {
      authorization: `Basic ${btoa(`${edgeKey(source)}:`)}`,
      ...Object.fromEntries(
        Object.entries({ ...proxied, ...headers }).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
      ),
    },
  })
  expect(response.status).toBe(200)
  return response.json()
}
const rows = (sql: string) => select(warehouse, sql)

test('what the collector adds stands in columns of the views', async () => {
  await send(
    'web',
    { 'user-agent': safari },
    {
      userId: 'mobile',
      context: {
        library: { name: 'analytics.js', version: '5' },
        page: { url: 'https://shop.example/?utm_source=news&utm_campaign=spring&gclid=g1', referrer: 'https://search.example/' },
        consentManagement: { provider: 'custom', allowedConsentIds: ['Analytics'], deniedConsentIds: ['Ads'] },
      },
    },
  )
  await send('web', { 'user-agent': headless }, { userId: 'robot' })
  await send(
    'web',
    { 'user-agent': chrome, 'sec-ch-ua': '"Chromium";v="131"', 'sec-ch-ua-platform-version': '"15.0.0"' },
    { userId: 'late', timestamp: new Date(Date.now() + 3_600_000) },
  )
  await send('web', { 'user-agent': 'analytics-node/2' }, { userId: 'server', context: { library: { name: '@segment/analytics-node' } } })
  await edge.flush()
  const columns = `context_ip, context_location_country, context_location_city, context_location_latitude, context_network_asn,
    context_device_type, context_os_name, context_os_version, context_browser_name, context_campaign_source, context_campaign_name,
    context_click_ids_gclid, context_page_referrer, context_consent_category_preferences_analytics AS analytics,
    context_consent_category_preferences_ads AS ads, context_bot_is_bot, context_bot_name, context_clock_future`
  const none = Object.fromEntries(columns.split(',').map((column) => [column.trim().split(' AS ').at(-1)!, null]))
  const request = {
    context_ip: '203.0.113.7',
    context_location_country: 'DE',
    context_location_city: 'München',
    context_location_latitude: 48.137,
    context_network_asn: '3320',
  }
  expect(await rows(`SELECT user_id, ${columns} FROM events.pages WHERE source = 'web' ORDER BY user_id`)).toEqual([
    {
      user_id: 'late',
      ...none,
      ...request,
      context_device_type: 'desktop',
      context_os_name: 'Windows',
      context_os_version: '11',
      context_browser_name: 'Chrome',
      context_clock_future: true,
    },
    {
      user_id: 'mobile',
      ...none,
      ...request,
      context_device_type: 'mobile',
      context_os_name: 'iOS',
      context_os_version: '17.5',
      context_browser_name: 'Safari',
      context_campaign_source: 'news',
      context_campaign_name: 'spring',
      context_click_ids_gclid: 'g1',
      context_page_referrer: 'https://search.example/',
      analytics: true,
      ads: false,
    },
    {
      user_id: 'robot',
      ...none,
      ...request,
      context_device_type: 'desktop',
      context_os_name: 'Linux',
      context_browser_name: 'Chrome',
      context_bot_is_bot: true,
      context_bot_name: 'HeadlessChrome',
    },
    { user_id: 'server', ...none },
  ])
})

/** The cookie that an answer to a page of the site sets. */
async function cookieOf(context: object) {
  const response = await fetch(`${edge.url}/v1/page`, {
    method: 'POST',
    body: JSON.stringify({ anonymousId: 'a1', messageId: `c${++sent}`, context }),
    headers: { authorization: `Basic ${btoa(`${edgeKey('strict')}:`)}`, origin: 'https://shop.example' },
  })
  expect(response.status).toBe(200)
  return response.headers.get('set-cookie')
}

describe('a source that takes less', () => {
  test('stores no event of a bot or without consent, counts them, and says 200', async () => {
    const consent = { context: { consent: { categoryPreferences: { Analytics: true } } } }
    const personal = { userId: 'ann@example.com', properties: { url: 'https://shop.example/ann' } }
    expect(await send('strict', { 'user-agent': safari }, { ...consent, userId: 'kept' }, personal)).toEqual({ success: true })
    expect(await send('strict', { 'user-agent': safari }, { ...personal, type: 'nonsense' })).toEqual({ success: true })
    expect(await send('strict', { 'user-agent': headless }, consent, consent)).toEqual({ success: true })
    await edge.flush()
    expect(await rows("SELECT user_id, context_ip, context_location_country AS c FROM events.pages WHERE source = 'strict'")).toEqual([
      { user_id: 'kept', context_ip: '203.0.113.0', c: 'DE' },
    ])
    expect(await rows('SELECT count() AS n FROM events.rejected')).toEqual([{ n: '0' }])
    expect((await edge.metrics()).sources['strict']).toMatchObject({ accepted: 1, rejected: 0, dropped: { bot: 2, 'no-consent': 2 } })
  })

  test('sets no cookie without consent', async () => {
    expect(await cookieOf({ consent: { categoryPreferences: { Analytics: true } } })).toContain('a1')
    expect(await cookieOf({ consent: { categoryPreferences: { Analytics: false } } })).toBeNull()
  })

  test('a webhook speaks of its users, and its own address and program are not theirs', async () => {
    const response = await fetch(`${edge.url}/v1/webhook/tool?key=${edgeKey('tool')}`, {
      method: 'POST',
      body: JSON.stringify({ type: 'opened', user: 'u', url: 'https://shop.example/?utm_source=mail' }),
      headers: { ...proxied, 'cf-ipcity': 'Ulm', 'user-agent': headless },
    })
    expect(response.status).toBe(200)
    await edge.flush()
    const contexts = await rows("SELECT toJSONString(context) AS context FROM events.all WHERE source = 'tool'")
    expect(contexts.map(({ context }) => JSON.parse(context))).toEqual([
      { campaign: { source: 'mail' }, integration: { name: 'generic' }, library: { name: 'webhook' } },
    ])
  })
})
