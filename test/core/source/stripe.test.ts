import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { stripe } from '#core/source/stripe/index.ts'
import { gather } from '#test/fixture/gather.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startVendor, type VendorServer } from '#test/fixture/vendor/server.ts'
import { stripeVendor } from '#test/fixture/vendor/stripe.ts'

let server: VendorServer
beforeEach(async () => {
  server = await startVendor(stripeVendor())
})
afterEach(() => server.stop())

const read = (name: string, state?: Json, settings: object = {}) => {
  const config = stripe.config.parse({ ...server.vendor.config(server.url), ...settings })
  const request = { name, mode: 'incremental' as const, ...(state === undefined ? {} : { state }) }
  return gather(stripe.read(config, { streams: [request] }, testRuntime()))
}
const lastState = ({ messages }: Awaited<ReturnType<typeof read>>) => messages.findLast((message) => message.type === 'state')!.state
const ids = (records: readonly JsonObject[]) => records.map(({ id }) => id).toSorted()

test('a read that is taken up after the object where it broke off was deleted goes on by time, and repeats nothing', async () => {
  const held = server.vendor.held('customers')
  const place = { after: 'cus_5_deleted', created: Number(held[5]!.created), seen: [String(held[5]!.id), String(held[6]!.id)] }
  const { records, ends } = await read('customers', { anchor: { created: 0 }, at: Math.floor(Date.now() / 1000), place })
  expect(ends.get('customers')).toBeUndefined()
  const older = held.filter(({ id, created }) => Number(created) <= place.created && !place.seen.includes(String(id)))
  expect(ids(records)).toEqual(ids(older))
})

test('an event that is no longer there as a place to go on from is made up for by its time', async () => {
  const first = await read('customers')
  server.vendor.change()
  const { anchor, at } = lastState(first) as { anchor: { created: number }; at: number }
  const next = await read('customers', { anchor: { id: 'evt_gone', created: anchor.created }, at })
  expect(next.ends.get('customers')).toBeUndefined()
  expect(next.records.length).toBeGreaterThan(0)
  expect(next.records.length).toBeLessThan(server.vendor.held('customers').length)
})

test('a state from before what Stripe keeps of events begins anew', async () => {
  const state = lastState(await read('customers')) as JsonObject
  const forgotten = { ...state, at: Number(state.at) - 31 * 86_400 }
  const { records } = await read('customers', forgotten)
  expect(ids(records)).toEqual(ids(server.vendor.held('customers')))
})

test('a stream in which nothing happens for long is not read anew as long as it was read', async () => {
  const first = await read('payouts')
  const again = await read('payouts', lastState(first))
  expect(first.records).toEqual([])
  expect((lastState(again) as { at: number }).at).toBeGreaterThanOrEqual((lastState(first) as { at: number }).at)
  server.vendor.change()
  expect((await read('payouts', lastState(again))).records).toHaveLength(1)
})

test('ids are replaced by objects where the settings say so, in what was changed too', async () => {
  const expand = { charges: ['customer'] }
  const first = await read('charges', undefined, { expand })
  server.vendor.change()
  const next = await read('charges', lastState(first), { expand })
  expect(next.records.length).toBeGreaterThan(0)
  for (const { customer } of [...first.records, ...next.records]) expect(customer).toMatchObject({ object: 'customer' })
})

test('a subscription that ends is not deleted', async () => {
  const catalog = await stripe.discover(stripe.config.parse(server.vendor.config(server.url)), testRuntime())
  const deletes = catalog.ok ? catalog.value.streams.flatMap(({ name, tellsDeletes }) => (tellsDeletes === true ? [name] : [])) : []
  expect(deletes).toEqual(['coupons', 'customers', 'invoices', 'prices', 'products'])
})

test('the account of a platform, and the version of the API, are told with every request', async () => {
  await read('charges', undefined, { account: 'acct_123' })
  for (const { headers } of server.requests) expect(headers).toMatchObject({ 'stripe-account': 'acct_123', 'stripe-version': '2024-06-20' })
})
