import { afterEach, expect, test } from 'vitest'
import { hubspot } from '#core/source/hubspot/index.ts'
import { gather } from '#test/fixture/gather.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { hubspotVendor } from '#test/fixture/vendor/hubspot.ts'
import { startVendor, type VendorServer } from '#test/fixture/vendor/server.ts'

let server: VendorServer
afterEach(() => server.stop())

const read = (name: string, settings: object = {}, state?: object) => {
  const config = hubspot.config.parse({ ...server.vendor.config(server.url), ...settings })
  const request = { name, mode: 'incremental' as const, ...(state === undefined ? {} : { state: state as never }) }
  return gather(hubspot.read(config, { streams: [request] }, testRuntime()))
}

test('more than the 10,000 that a search gives are all read', async () => {
  server = await startVendor(hubspotVendor(10_350))
  const { records, ends } = await read('companies', { page_size: 100 })
  expect(ends.get('companies')).toBeUndefined()
  expect(new Set(records.map(({ id }) => id)).size).toBe(10_350)
  expect(records.length).toBe(10_350)
})

test('properties are those that were chosen, and the one that tells of changes', async () => {
  server = await startVendor(hubspotVendor())
  const { records } = await read('companies', { properties: { companies: ['name'] } })
  expect(Object.keys(records[0]!).toSorted()).toEqual(['archived', 'createdAt', 'hs_lastmodifieddate', 'id', 'name', 'updatedAt'])
})

test('a read goes back by the lookback, for changes that were not found yet', async () => {
  server = await startVendor(hubspotVendor())
  const since = Date.parse('2026-01-01T00:00:13Z')
  const state = { since, seen: ['1022'], archived: since }
  expect((await read('companies', {}, state)).records).toHaveLength(0)
  expect((await read('companies', { lookback: 3 }, state)).records.map(({ id }) => id)).toEqual(['1019', '1020', '1021', '1022'])
})

test('the limit of a day is not waited for', async () => {
  server = await startVendor(hubspotVendor())
  server.vendor.answer = () => ({
    status: 429,
    json: { status: 'error', message: 'You have reached your daily limit.', policyName: 'DAILY' },
  })
  await expect(read('companies')).rejects.toMatchObject({ code: 'source-throttled', mend: expect.stringContaining('midnight') })
  expect(server.requests).toHaveLength(1)
})
