import { describe, expect, test } from 'vitest'
import { hintsOfData, hintsOfHeaders } from '#core/event/enrich/client-hints.ts'
import { UserAgents } from '#core/event/enrich/user-agent.ts'
import { chromeOnMac, contextOf, safariOnIphone } from './enriched.ts'

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
const reduced = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36'

const agents = new UserAgents()

describe('a user agent', () => {
  test.each([
    [
      safariOnIphone,
      {
        device: { type: 'mobile', manufacturer: 'Apple', model: 'iPhone' },
        os: { name: 'iOS', version: '17.5' },
        browser: { name: 'Safari', version: '17.5' },
      },
    ],
    [windows, { device: { type: 'desktop' }, os: { name: 'Windows', version: '10' }, browser: { name: 'Chrome', version: '131.0.0.0' } }],
    [
      'Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.0.0 Mobile Safari/537.36',
      { device: { type: 'mobile' }, os: { name: 'Android', version: '14' }, browser: { name: 'Chrome', version: '99.0.0.0' } },
    ],
    [
      'Mozilla/5.0 (Windows NT 6.1; WOW64; rv:54.0) Gecko/20100101 Firefox/54.0',
      { device: { type: 'desktop' }, os: { name: 'Windows', version: '7' }, browser: { name: 'Firefox', version: '54.0' } },
    ],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', { device: undefined }],
  ])('%s', (userAgent, agent) => expect(agents.read(userAgent, undefined)).toMatchObject(agent))

  test('whose browser has frozen the version of its system says none', () => {
    expect(agents.read(chromeOnMac, undefined).os).toEqual({ name: 'macOS' })
    expect(agents.read(reduced, undefined).os).toEqual({ name: 'Android' })
  })

  test('is told more of by hints, from headers and from the SDK', () => {
    const headers = new Headers({
      'sec-ch-ua': '"Brave";v="131", "Chromium";v="131", "Not_A Brand";v="24"',
      'sec-ch-ua-mobile': '?0',
      'sec-ch-ua-platform': '"Windows"',
      'sec-ch-ua-platform-version': '"15.0.0"',
    })
    expect(
      agents.read(
        windows,
        hintsOfHeaders((name) => headers.get(name)),
      ),
    ).toMatchObject({
      os: { name: 'Windows', version: '11' },
      browser: { name: 'Brave' },
    })
    const data = {
      brands: [{ brand: 'Chromium', version: '131' }],
      mobile: true,
      platform: 'Android',
      platformVersion: '14.0.0',
      model: 'Pixel 8',
    }
    expect(agents.read(reduced, hintsOfData(data))).toMatchObject({
      device: { type: 'mobile', model: 'Pixel 8' },
      os: { name: 'Android', version: '14.0.0' },
    })
    expect(agents.read(windows, hintsOfData({ platform: 'Windows', platformVersion: '10.0.0' })).os?.['version']).toBe('10')
    expect(hintsOfHeaders(() => null)).toBeUndefined()
  })
})

describe('the context', () => {
  test('gets the header where the event has no user agent, and what either says', async () => {
    const agent = { device: { type: 'mobile' }, os: { name: 'iOS', version: '17.5' }, browser: { name: 'Safari' } }
    expect(await contextOf({}, { visitor: { userAgent: safariOnIphone } })).toMatchObject({ ...agent, userAgent: safariOnIphone })
    const told = await contextOf({ context: { userAgent: safariOnIphone } }, { visitor: { userAgent: chromeOnMac } })
    expect(told).toMatchObject({ ...agent, userAgent: safariOnIphone })
  })

  test('a server may tell the user agent of its user, and its own is not taken', async () => {
    const library = { name: 'analytics-ruby' }
    expect(await contextOf({ context: { library, userAgent: safariOnIphone } }, { visitor: { userAgent: 'Ruby' } })).toMatchObject({
      os: { name: 'iOS' },
    })
    expect(await contextOf({ context: { library } }, { visitor: { userAgent: chromeOnMac } })).toEqual({ library })
    expect(
      await contextOf({ context: { library: { name: 'analytics-ios' } } }, { visitor: { userAgent: 'App/1 CFNetwork/1490' } }),
    ).toEqual({
      library: { name: 'analytics-ios' },
    })
  })

  test('the hints of one event are not those of the next with the same user agent', async () => {
    const { Acceptor } = await import('#core/event/accept.ts')
    const { receptionOf } = await import('#test/fixture/reception.ts')
    const data = (platformVersion: string) => ({ userAgent: windows, userAgentData: { platform: 'Windows', platformVersion } })
    const events = [data('15.0.0'), data('10.0.0'), { userAgent: windows }, data('15.0.0')].map((context, index) => ({
      type: 'page',
      userId: 'u',
      messageId: `${index}`,
      context,
    }))
    const { lines } = await new Acceptor().accept(events, receptionOf({ visitor: {} }), { maxBytes: 1e5, bodyBytes: 0, deep: false })
    expect(lines.map((line) => (JSON.parse(line) as any).context.os.version)).toEqual(['11', '10', '10', '11'])
  })

  test('keeps what the SDK said', async () => {
    const device = { type: 'ios', manufacturer: 'Apple', model: 'iPhone15,2', id: 'x' }
    const os = { name: 'iOS', version: '18.1' }
    expect(await contextOf({ context: { userAgent: safariOnIphone, device, os } })).toMatchObject({
      device,
      os,
      browser: { name: 'Safari' },
    })
    const context = await contextOf({ context: { userAgent: safariOnIphone, device: { id: 'x' }, os: null } })
    expect(context).toMatchObject({ device: { id: 'x', type: 'mobile' }, os: { name: 'iOS' } })
  })

  test('is left alone when switched off', async () => {
    const library = { name: 'analytics.js' }
    expect(await contextOf({ context: { library } }, { visitor: { userAgent: safariOnIphone }, enrich: { user_agent: false } })).toEqual({
      library,
    })
  })
})
