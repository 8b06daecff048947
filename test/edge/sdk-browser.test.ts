import { build } from 'esbuild'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startChromium } from '#test/fixture/chromium.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { type FaultyProxy, startFaultyProxy } from '#test/fixture/faulty-proxy.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

// A shop at www.shop.localhost and its collector at events.shop.localhost: two origins of one site, which Chromium finds
// on this machine by itself, and trusts as it trusts https.
let warehouse: TestWarehouse
let edge: TestEdge
let proxy: FaultyProxy
let browser: Browser
const jitsuKey = 'source-of-jitsu:its-secret'
const keyOf = (source: string) => `write-key-of-${source}`
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({ warehouse, sources: [] })
  proxy = await startFaultyProxy(edge.url)
  await edge.publish({
    sources: [
      { kind: 'sdk', name: 'segment', write_key: keyOf('segment'), origins: [`*.shop.localhost:${proxy.port}`] },
      { kind: 'sdk', name: 'rudder', write_key: keyOf('rudder') },
      { kind: 'sdk', name: 'jitsu', write_key: jitsuKey },
    ],
  })
  for (const name of ['segment', 'rudder', 'jitsu']) {
    proxy.documents.set(`/${name}.js`, { type: 'text/javascript', body: await bundled(name) })
    proxy.documents.set(`/${name}`, { type: 'text/html', body: `<title>Wholesale</title><script src="/${name}.js"></script>` })
  }
  browser = await startChromium()
})
beforeEach(() => {
  proxy.faults = []
  proxy.posts = []
})
afterAll(async () => {
  await browser?.close()
  await proxy?.close()
  await edge?.stop()
  await warehouse?.stop()
})

/** A program of `browser/`: an SDK as a site bundles it. */
async function bundled(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'browser', `${name}.ts`)],
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  })
  return outputFiles[0]!.text
}

const site = () => `http://www.shop.localhost:${proxy.port}`
const collector = () => `http://events.shop.localhost:${proxy.port}`

/** A new visitor on a page of the shop; what the page logs as an error fails the test. */
async function visit(path: string): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(site() + path)
  return { page, errors }
}

async function eventsOf(source: string) {
  await edge.flush()
  const found = await select(
    warehouse,
    `SELECT type, event_text, user_id, anonymous_id, group_id, previous_id, name, message_id, properties, traits, context
     FROM events.all FINAL WHERE source = '${source}' ORDER BY type, original_timestamp`,
  )
  expect(new Set(found.map((row) => row['message_id'])).size).toBe(found.length)
  expect(await select(warehouse, `SELECT reason, message, payload FROM events.rejected WHERE source = '${source}'`)).toEqual([])
  return found
}
const kept = () => proxy.posts.filter(({ status }) => status === 200).length
const paths = () => [...new Set(proxy.posts.map(({ path }) => path))].toSorted()

test('@segment/analytics-next', async () => {
  const { page, errors } = await visit('/segment?utm_source=mail')
  proxy.faults = ['refuse', 'lose']
  await page.evaluate(
    async ([writeKey, cdnURL]) => {
      const analytics = (window as any).AnalyticsBrowser.load({ writeKey, cdnURL })
      await analytics.page('Shop', 'Wholesale', { from: 'mail' })
      // Before identify: it sends an alias of whom it knows under the id it has.
      await analytics.alias('u1', 'u0')
      await analytics.identify('u1', { email: 'u1@shop.example', age: 30 })
      await analytics.track('Order Completed', { total: 12.5, products: [{ sku: 'a' }] })
      await analytics.group('g1', { plan: 'pro' })
      await analytics.screen('Start')
    },
    [keyOf('segment'), collector()] as const,
  )
  await eventually(kept).toBe(6)
  expect(paths()).toEqual(['/v1/a', '/v1/g', '/v1/i', '/v1/p', '/v1/s', '/v1/t'])
  const found = await eventsOf('segment')
  const url = `${site()}/segment?utm_source=mail`
  expect(found).toMatchObject([
    { type: 'alias', user_id: 'u1', previous_id: 'u0' },
    { type: 'group', group_id: 'g1', user_id: 'u1', traits: { plan: 'pro' } },
    { type: 'identify', user_id: 'u1', traits: { email: 'u1@shop.example', age: '30' } },
    { type: 'page', name: 'Wholesale', properties: { category: 'Shop', from: 'mail', title: 'Wholesale', url } },
    { type: 'screen', name: 'Start' },
    {
      type: 'track',
      event_text: 'Order Completed',
      user_id: 'u1',
      properties: { total: 12.5, products: [{ sku: 'a' }] },
      context: { page: { url, path: '/segment' }, campaign: { source: 'mail' }, library: { name: 'analytics.js' } },
    },
  ])
  expect(new Set(found.map((row) => row['anonymous_id'])).size).toBe(1)
  expect(errors).toEqual([])
  await page.context().close()
})

test('@rudderstack/analytics-js', async () => {
  const { page, errors } = await visit('/rudder?utm_source=mail')
  proxy.faults = ['refuse', 'lose']
  await page.evaluate(
    ([writeKey, url]) => {
      const { rudder } = window as any
      rudder.load(writeKey, url, { configUrl: url, logLevel: 'ERROR' })
      rudder.page('Shop', 'Wholesale', { from: 'mail' })
      rudder.identify('r1', { email: 'r1@shop.example' })
      rudder.track('Order Completed', { total: 12.5 })
      rudder.group('g1', { plan: 'pro' })
      rudder.alias('r2', 'r1')
    },
    [keyOf('rudder'), collector()] as const,
  )
  await eventually(kept).toBe(5)
  expect(paths()).toEqual(['/v1/alias', '/v1/group', '/v1/identify', '/v1/page', '/v1/track'])
  expect(await eventsOf('rudder')).toMatchObject([
    { type: 'alias', user_id: 'r2', previous_id: 'r1' },
    { type: 'group', group_id: 'g1', traits: { plan: 'pro' } },
    { type: 'identify', user_id: 'r1', traits: { email: 'r1@shop.example' } },
    { type: 'page', name: 'Wholesale', properties: { category: 'Shop', from: 'mail', url: `${site()}/rudder?utm_source=mail` } },
    {
      type: 'track',
      event_text: 'Order Completed',
      user_id: 'r1',
      properties: { total: 12.5 },
      context: { campaign: { source: 'mail' }, library: { name: 'RudderLabs JavaScript SDK' } },
    },
  ])
  expect(errors).toEqual([])
  await page.context().close()
})

test('@rudderstack/analytics-js by sendBeacon, when the page is left', async () => {
  const { page } = await visit('/rudder')
  await page.evaluate(
    ([writeKey, url]) => {
      const { rudder } = window as any
      rudder.load(writeKey, url, { configUrl: url, useBeacon: true })
      return new Promise<void>((resolve) => rudder.ready(resolve))
    },
    [keyOf('rudder'), collector()] as const,
  )
  await page.evaluate(() => (window as any).rudder.track('Left', { beacon: true }))
  await page.goto('about:blank')
  await eventually(() => proxy.posts.map(({ path, status }) => [path, status])).toEqual([['/beacon/v1/batch', 200]])
  const left = (await eventsOf('rudder')).filter((row) => row['event_text'] === 'Left')
  expect(left).toMatchObject([{ type: 'track', properties: { beacon: true } }])
  await page.context().close()
})

test('@jitsu/js', async () => {
  const { page, errors } = await visit('/jitsu')
  await page.evaluate(
    async ([writeKey, host]) => {
      const jitsu = (window as any).jitsuAnalytics({ writeKey, host })
      await jitsu.page({ name: 'Wholesale' })
      await jitsu.identify('j1', { email: 'j1@shop.example' })
      await jitsu.track('Order Completed', { total: 12.5 })
      await jitsu.group('g1', { plan: 'pro' })
    },
    [jitsuKey, collector()] as const,
  )
  await eventually(kept).toBe(4)
  expect(await eventsOf('jitsu')).toMatchObject([
    { type: 'group', group_id: 'g1', user_id: 'j1', traits: { plan: 'pro' } },
    { type: 'identify', user_id: 'j1', traits: { email: 'j1@shop.example' } },
    { type: 'page', name: 'Wholesale', context: { page: { url: `${site()}/jitsu` } } },
    { type: 'track', event_text: 'Order Completed', user_id: 'j1', properties: { total: 12.5 } },
  ])
  expect(errors).toEqual([])
  await page.context().close()
})
