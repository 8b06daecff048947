import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { htmlSnippet } from '#core/event/snippet.ts'
import { startChromium } from '#test/fixture/chromium.ts'
import { startTestEdge, type TestEdge, type TestEdgeOptions } from '#test/fixture/edge.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { type FaultyProxy, startFaultyProxy } from '#test/fixture/faulty-proxy.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

let warehouse: TestWarehouse
let edge: TestEdge
let proxy: FaultyProxy
let browser: Browser
const write_key = 'write:key/of <web>'
const path = '/shop-data'
const script = `${path}/${encodeURIComponent(write_key)}.js`
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({
    warehouse,
    sources: [
      { kind: 'sdk', name: 'web', write_key, first_party: { path, cookie_domain: 'shop.localhost' } },
      'plain',
      { kind: 'sdk', name: 'off', write_key: 'key-of-disabled', enabled: false },
    ],
  })
  proxy = await startFaultyProxy(edge.url)
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await proxy?.close()
  await edge?.stop()
  await warehouse?.stop()
})

const get = (address: string, headers: Record<string, string> = {}) => fetch(edge.url + address, { headers })

test('the snippet loads the SDK from the collector, which sends to where it came from, and asks nobody else', async () => {
  const site = `http://www.shop.localhost:${proxy.port}`
  const collector = `http://events.shop.localhost:${proxy.port}`
  const link = `<a id="link" href="#bought">Buy</a><script>analytics.trackLink(document.getElementById('link'), 'Bought', { sku: 'a' })</script>`
  const page = `<title>Wholesale</title>${htmlSnippet(write_key, path, collector)}${link}`
  proxy.documents.set('/shop', { type: 'text/html', body: page })
  const context = await browser.newContext()
  const tab = await context.newPage()
  const asked: string[] = []
  const errors: string[] = []
  tab.on('request', (request) => asked.push(`${request.method()} ${request.url()}`))
  tab.on('pageerror', (error) => errors.push(String(error)))
  // In its query string an event of its own: a part of the SDK that it would load when needed.
  await tab.goto(`${site}/shop?ajs_event=From%20Mail&ajs_prop_mail=m1`)
  await eventually(() => proxy.posts.filter(({ status }) => status === 200).length).toBe(2)
  await tab.click('#link')
  await eventually(() => proxy.posts.filter(({ status }) => status === 200).length).toBe(3)
  expect(errors).toEqual([])
  expect([...new Set(asked)].toSorted()).toEqual(
    [
      `GET ${site}/shop?ajs_event=From%20Mail&ajs_prop_mail=m1`,
      `GET ${collector}${script}`,
      `POST ${collector}${path}/p`,
      `POST ${collector}${path}/t`,
    ].toSorted(),
  )
  await edge.flush()
  const found = await select(warehouse, `SELECT type, event_text, anonymous_id, properties FROM events.all FINAL ORDER BY type, event_text`)
  const anonymous_id = found[0]!['anonymous_id']
  expect(found).toMatchObject([
    { type: 'page', anonymous_id, properties: { title: 'Wholesale', path: '/shop' } },
    { type: 'track', event_text: 'Bought', anonymous_id, properties: { sku: 'a' } },
    { type: 'track', event_text: 'From Mail', anonymous_id, properties: { mail: 'm1' } },
  ])
  await keepsItsId(context, site, anonymous_id)
  await context.close()
})

/** The cookie is the server's, lives as long as a browser lets it, and brings the id back when the script's own storage is gone. */
async function keepsItsId(context: BrowserContext, site: string, anonymousId: string) {
  const cookie = (await context.cookies(site)).find(({ name }) => name === 'ajs_anonymous_id')
  expect(cookie).toMatchObject({ value: anonymousId, domain: '.shop.localhost', path: '/', secure: true, httpOnly: false, sameSite: 'Lax' })
  // The one that the script sets whenever it asks for its id ends after 365 days, and after 7 in Safari.
  expect(cookie!.expires - Date.now() / 1000).toBeGreaterThan(399 * 24 * 60 * 60)
  const tab = await context.newPage()
  await tab.goto(`${site}/shop`)
  await tab.evaluate(() => localStorage.clear())
  await tab.reload()
  await tab.waitForFunction(() => typeof (window as any).analytics.user === 'function')
  expect(await tab.evaluate(() => (window as any).analytics.user().anonymousId())).toBe(anonymousId)
}

test('the script is cached, asked for again by its ETag, and packed for who can unpack it', async () => {
  const plain = await get(script, { 'accept-encoding': 'identity' })
  const packed = await get(script, { 'accept-encoding': 'gzip' })
  expect([plain.status, plain.headers.get('content-type'), plain.headers.get('content-encoding')]).toEqual([
    200,
    'text/javascript; charset=utf-8',
    null,
  ])
  expect([packed.headers.get('content-encoding'), plain.headers.get('vary')]).toEqual(['gzip', expect.stringContaining('Accept-Encoding')])
  expect(plain.headers.get('cache-control')).toMatch(/^public, max-age=\d+/)
  expect(plain.headers.get('set-cookie')).toBeNull()
  const text = await plain.text()
  expect([await packed.text(), text.includes(JSON.stringify(write_key))]).toEqual([text, true])
  const etag = plain.headers.get('etag')!
  const again = await get(script, { 'if-none-match': etag })
  expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, ''])
  const other = await get(`/a/${edge.writeKey('plain')}.js`)
  expect([other.status, other.headers.get('etag') === etag]).toEqual([200, false])
})

test.each([
  ['a key that is none', `${path}/no-such-key.js`, 401, 'unknown-key'],
  ['a disabled source', '/a/key-of-disabled.js', 403, 'source-disabled'],
  ['a path of another source', `/a/${encodeURIComponent(write_key)}.js`, 404, 'not-found'],
  ['a path that is none', `/b/${encodeURIComponent(write_key)}.js`, 404, 'not-found'],
  ['a broken escape', `${path}/%E0%A4%A.js`, 401, 'unknown-key'],
  ['settings of a key that is none', `${path}/v1/projects/no-such-key/settings`, 401, 'unknown-key'],
])('no script for %s', async (_name, address, status, code) => {
  const answer = await get(address)
  expect([answer.status, ((await answer.json()) as any).error.code]).toEqual([status, code])
})

const settings = async (address: string) =>
  ((await (await get(address, { 'x-forwarded-proto': 'https' })).json()) as any).integrations['Segment.io']

test('settings for the SDK of npm, below both paths, as the proxy before us is reached', async () => {
  const host = new URL(edge.url).host
  const key = encodeURIComponent(write_key)
  expect(await settings(`/v1/projects/${key}/settings`)).toMatchObject({ apiKey: write_key, apiHost: `${host}/v1`, protocol: 'https' })
  expect(await settings(`${path}/v1/projects/${key}/settings`)).toMatchObject({ apiHost: `${host}${path}`, protocol: 'https' })
})

test('a collector that has just started finds the path of a source, whatever is asked of it first', async () => {
  const folder = tempFolder()
  const sources: TestEdgeOptions['sources'] = [{ kind: 'sdk', name: 'web', write_key, first_party: { path } }]
  await (await startTestEdge({ warehouse, folder, sources })).stop()
  for (const ask of [
    (url: string) =>
      fetch(`${url}${path}/t`, { method: 'POST', body: JSON.stringify({ writeKey: write_key, event: 'First', userId: 'u' }) }),
    (url: string) => fetch(url + script),
  ]) {
    const started = await startTestEdge({ warehouse, folder, sources: 'kept' })
    expect((await ask(started.url)).status).toBe(200)
    await started.stop()
  }
})

test('a cookie only where the source has one, for a page of its site, of an id that can be one', async () => {
  const send = (body: object, origin: string | undefined, writeKey: string) =>
    fetch(`${edge.url}${path}/b`, {
      method: 'POST',
      body: JSON.stringify({ writeKey, ...body }),
      headers: origin === undefined ? {} : { origin },
    })
  const cookie = async (events: object[], origin: string | undefined = 'https://www.shop.localhost:8443', writeKey = write_key) =>
    (await send({ batch: events }, origin, writeKey)).headers.get('set-cookie')
  const track = { type: 'track', event: 'A' }
  const known = [{ ...track, anonymousId: 'a' }]
  expect(await cookie([{ ...track, anonymousId: 'a; Domain=evil' }])).toBe(
    'ajs_anonymous_id=a%3B%20Domain%3Devil; Domain=shop.localhost; Path=/; Max-Age=34560000; Secure; SameSite=Lax',
  )
  expect(await cookie([...known, { ...track, userId: 'u' }], 'https://shop.localhost')).toContain('ajs_anonymous_id=a;')
  expect(await cookie([{ ...track, userId: 'u' }])).toBeNull()
  expect(
    await cookie([
      { ...track, anonymousId: 'x'.repeat(300) },
      { ...track, anonymousId: '\ud800' },
    ]),
  ).toBeNull()
  expect(await cookie(known, 'https://www.shop.localhost', edge.writeKey('plain'))).toBeNull()
  for (const origin of ['https://evil.example', 'https://evilshop.localhost', 'https://shop.localhost.evil', 'null'])
    expect(await cookie(known, origin)).toBeNull()
  expect((await send({ batch: known }, undefined, write_key)).headers.get('set-cookie')).toBeNull()
})
