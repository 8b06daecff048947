import crawlers from 'crawler-user-agents'
import { describe, expect, test } from 'vitest'
import { Bots } from '#core/event/enrich/bot.ts'
import { chromeOnMac, contextOf, safariOnIphone, taken } from './enriched.ts'

const googlebot =
  'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'
const headless = 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36'
const web = { library: { name: 'analytics.js' } }

test('every bot of the list is told, but for HTTP libraries', () => {
  const bots = new Bots()
  type Entry = { instances: string[]; tags?: string[] }
  const instances = (crawlers as Entry[]).filter(({ tags }) => !tags?.includes('http-library')).flatMap((entry) => entry.instances)
  expect(instances.length).toBeGreaterThan(1000)
  expect(instances.filter((userAgent) => userAgent.length < 1000 && bots.nameOf(userAgent) === undefined)).toEqual([])
})

test.each([
  chromeOnMac,
  safariOnIphone,
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0',
  'Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/440.0.0.0;]',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 330.0.0',
  'Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 (KHTML, like Gecko) Version/6.0 TV Safari/538.1',
  'Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A)',
  'okhttp/4.9.3',
  'axios/1.7.2',
  '',
])('no bot: %s', (userAgent) => expect(new Bots().nameOf(userAgent)).toBeUndefined())

describe('an event of a bot', () => {
  test('is flagged with its name, by its own user agent or that of the request', async () => {
    expect((await contextOf({ context: web }, { visitor: { userAgent: googlebot } }))['bot']).toEqual({ is_bot: true, name: 'Googlebot' })
    expect((await contextOf({ context: { ...web, userAgent: headless } }, { visitor: { userAgent: chromeOnMac } }))['bot']).toEqual({
      is_bot: true,
      name: 'HeadlessChrome',
    })
    expect(await contextOf({ context: web }, { visitor: { userAgent: chromeOnMac } })).not.toHaveProperty('bot')
  })

  test('is counted and nothing else, where bots are dropped', async () => {
    const { lines, rejected, rejections, dropped, seen } = await taken(
      { context: web },
      { visitor: { userAgent: googlebot }, enrich: { bots: 'drop' } },
    )
    expect({ lines, rejected, rejections, seen }).toEqual({ lines: [], rejected: [], rejections: [], seen: [] })
    expect(dropped).toEqual({ bot: 1 })
  })

  test('is like any other where bots are kept', async () => {
    expect(await contextOf({ context: web }, { visitor: { userAgent: googlebot }, enrich: { bots: 'keep' } })).not.toHaveProperty('bot')
  })
})

test.each<[string, object, object?]>([
  ['its library', { context: { library: { name: 'analytics-python' }, userAgent: googlebot } }, { userAgent: googlebot }],
  ['its channel', { channel: 'server', context: { userAgent: googlebot } }, { userAgent: googlebot }],
  ['its route', { context: { userAgent: googlebot } }, undefined],
  ['its program', { context: { userAgent: googlebot } }, { userAgent: 'Recurly Webhooks/2.0' }],
])('an event of a server is no bot, whatever user agent it tells: %s', async (_name, event, visitor) => {
  expect(await contextOf(event, { ...(visitor && { visitor }), enrich: { bots: 'drop' } })).not.toHaveProperty('bot')
})
