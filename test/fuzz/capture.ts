import { jitsuAnalytics } from '@jitsu/js'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'
import { build } from 'esbuild'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { PostHog } from 'posthog-node'
import { startChromium } from '#test/fixture/chromium.ts'
import { type FaultyProxy, startFaultyProxy } from '#test/fixture/faulty-proxy.ts'
import { type Sample, sampleOf } from './sample.ts'
import { jitsuKey, keyOf } from './world.ts'

/**
 * What the SDKs of npm send, each used a little against the collector at `url`.
 * @param browsers also those of browsers, in Chromium
 */
export async function captureSdks(url: string, browsers: boolean): Promise<Sample[]> {
  const proxy = await startFaultyProxy(url)
  try {
    await useServerSdks(proxy.url)
    if (browsers) await useBrowserSdks(proxy)
    return proxy.posts.map(({ target, headers, body }) => {
      const packed = headers['content-encoding'] === 'gzip'
      const text = (packed ? gunzipSync(body) : body).toString()
      return sampleOf('POST', target, Object.entries(headers), text, packed)
    })
  } finally {
    await proxy.close()
  }
}

async function useServerSdks(url: string): Promise<void> {
  const segment = new Analytics({ writeKey: keyOf('segment'), host: url, flushAt: 200 })
  segment.identify({ userId: 'u1', traits: { email: 'u1@shop.example', age: 30 } })
  segment.page({ userId: 'u1', name: 'Wholesale', properties: { url: 'https://shop.example/wholesale' } })
  segment.screen({ anonymousId: 'a1', name: 'Start' })
  segment.group({ userId: 'u1', groupId: 'g1', traits: { name: 'Shop' } })
  segment.alias({ userId: 'u1', previousId: 'a1' })
  segment.track({ userId: 'u1', event: 'Order Completed', properties: { order_id: 'o1', total: 10.5, products: [{ sku: 'a' }] } })
  await segment.flush()

  const rudder = new RudderAnalytics(keyOf('rudder'), { dataPlaneUrl: url, flushAt: 50, flushInterval: 60_000 })
  rudder.identify({ userId: 'r1', traits: { email: 'r1@shop.example' }, context: { locale: 'de' } })
  rudder.page({ userId: 'r1', name: 'Wholesale', properties: { url: 'https://shop.example/w' } })
  rudder.group({ userId: 'r1', groupId: 'g1', traits: { plan: 'pro' } })
  rudder.track({ userId: 'r1', event: 'Order Completed', properties: { total: 2 } })
  await rudder.flush()

  const jitsu = jitsuAnalytics({ host: url, writeKey: jitsuKey, s2s: true })
  await jitsu.identify('j1', { email: 'j1@shop.example' })
  await jitsu.track('Order Completed', { total: 12.5 })
  await jitsu.page({ name: 'Wholesale', url: 'https://shop.example/w' })
  await jitsu.group('g1', { plan: 'pro' })

  const posthog = new PostHog(keyOf('posthog'), { host: url, flushInterval: 60_000, flushAt: 100 })
  posthog.identify({ distinctId: 'p1', properties: { email: 'p1@shop.example', $set_once: { first: 'ad' } } })
  posthog.capture({
    distinctId: 'p1',
    event: 'Order Completed',
    properties: { total: 12.5, $set: { orders: 3 } },
    groups: { company: 'g1' },
  })
  posthog.capture({ distinctId: 'p1', event: '$pageview', properties: { $current_url: 'https://shop.example/w' } })
  posthog.groupIdentify({ groupType: 'company', groupKey: 'g1', properties: { plan: 'pro' } })
  posthog.alias({ distinctId: 'p1', alias: 'a1' })
  await posthog.getAllFlags('p1')
  await posthog.shutdown()
}

async function useBrowserSdks(proxy: FaultyProxy): Promise<void> {
  for (const name of ['segment', 'rudder']) {
    proxy.documents.set(`/${name}.js`, { type: 'text/javascript', body: await bundled(name) })
    proxy.documents.set(`/${name}`, { type: 'text/html', body: `<title>Wholesale</title><script src="/${name}.js"></script>` })
  }
  const browser = await startChromium()
  try {
    const page = await browser.newPage()
    const before = proxy.posts.length
    await page.goto(`${proxy.url}/segment?utm_source=mail`)
    await page.evaluate(
      async ([writeKey, cdnURL]) => {
        const analytics = (window as any).AnalyticsBrowser.load({ writeKey, cdnURL })
        await analytics.page('Shop', 'Wholesale', { from: 'mail' })
        await analytics.identify('u1', { email: 'u1@shop.example', age: 30 })
        await analytics.track('Order Completed', { total: 12.5, products: [{ sku: 'a' }] })
        await analytics.group('g1', { plan: 'pro' })
      },
      [keyOf('segment'), proxy.url] as const,
    )
    await page.goto(`${proxy.url}/rudder?utm_source=mail`)
    await page.evaluate(
      ([writeKey, url]) => {
        const { rudder } = window as any
        rudder.load(writeKey, url, { configUrl: url, logLevel: 'ERROR' })
        rudder.page('Shop', 'Wholesale', { from: 'mail' })
        rudder.identify('r1', { email: 'r1@shop.example' })
        rudder.track('Order Completed', { total: 12.5 })
      },
      [keyOf('rudder'), proxy.url] as const,
    )
    for (let wait = 0; wait < 300 && proxy.posts.length < before + 7; wait++) await sleep(100)
    if (proxy.posts.length < before + 7) throw new Error(`The browser SDKs sent ${proxy.posts.length - before} of 7 requests.`)
  } finally {
    await browser.close()
  }
}

/** An SDK as a site bundles it. */
async function bundled(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../edge/browser/${name}.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  })
  return outputFiles[0]!.text
}
