import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Json } from '#core/lib/json.ts'
import { zendesk } from '#core/source/zendesk/index.ts'
import { gather } from '#test/fixture/gather.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startVendor, type VendorServer } from '#test/fixture/vendor/server.ts'
import { zendeskVendor } from '#test/fixture/vendor/zendesk.ts'

let server: VendorServer
let waits: number[]
beforeEach(async () => {
  server = await startVendor(zendeskVendor())
  waits = []
})
afterEach(() => server.stop())

const read = (name: string, state?: Json) => {
  const { clock } = testRuntime()
  const sleep = (milliseconds: number, signal: AbortSignal) => {
    waits.push(milliseconds)
    return clock.sleep(milliseconds, signal)
  }
  const request = { name, mode: 'incremental' as const, ...(state === undefined ? {} : { state }) }
  const config = zendesk.config.parse(server.vendor.config(server.url))
  return gather(zendesk.read(config, { streams: [request] }, testRuntime({ clock: { ...clock, sleep } })))
}

test('a cursor that Zendesk does not know any more is made up for by the time of the last record', async () => {
  const since = Date.parse('2026-01-01T00:00:30Z') / 1000
  const { records, ends } = await read('tickets', { cursor: btoa('nonsense'), since })
  expect(ends.get('tickets')).toBeUndefined()
  expect(records).toEqual(server.vendor.held('tickets').filter(({ generated_timestamp }) => Number(generated_timestamp) >= since))
})

test('with the requests of this minute used up, for the account or for the export, it waits for the next', async () => {
  const ever = server.vendor.answer
  server.vendor.answer = (request) => {
    const answer = ever(request)
    return {
      ...answer,
      headers: {
        'ratelimit-remaining': '699',
        'ratelimit-reset': '5',
        'zendesk-ratelimit-incremental-exports': 'total=10; remaining=0; resets=41',
      },
    }
  }
  await read('tickets')
  expect(server.requests.length).toBeGreaterThan(1)
  expect(waits).toHaveLength(server.requests.length - 1)
  expect(Math.max(...waits)).toBeGreaterThan(40_000)
})

test('more records of one second than a page holds are told as such, not passed over', async () => {
  const config = zendesk.config.parse({ ...server.vendor.config(server.url), export_size: 2 })
  const { ends } = await gather(zendesk.read(config, { streams: [{ name: 'organizations', mode: 'incremental' }] }, testRuntime()))
  expect(ends.get('organizations')).toMatchObject({ code: 'source-answer', mend: expect.stringContaining('export_size') })
})

test('an export is not read as a whole: the API has no way', async () => {
  const config = zendesk.config.parse(server.vendor.config(server.url))
  const { ends } = await gather(zendesk.read(config, { streams: [{ name: 'tickets', mode: 'full-refresh' }] }, testRuntime()))
  expect(ends.get('tickets')).toMatchObject({ code: 'mode-not-possible', fault: 'config' })
})

test.each([
  [{ subdomain: 'acme' }, /either access_token/],
  [{ subdomain: 'acme', email: 'a@b.co' }, /belong together/],
  [{ subdomain: 'acme', access_token: 'x', email: 'a@b.co', api_token: 'y' }, /either access_token/],
  [{ subdomain: 'acme.zendesk.com', access_token: 'x' }, /first part/],
])('settings %j are refused', (settings, message) => {
  expect(zendesk.config.safeParse(settings).error?.message).toMatch(message)
})
