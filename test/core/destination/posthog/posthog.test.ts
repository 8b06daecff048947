import { PostHog } from 'posthog-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleEvent } from '#core/connector/example.ts'
import { posthog } from '#core/destination/posthog/index.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startWebhookTool, type WebhookTool } from '#test/fixture/webhook-tool.ts'

let tool: WebhookTool
beforeAll(async () => {
  tool = await startWebhookTool()
})
afterAll(() => tool?.stop())

interface Entry {
  event: string
  distinct_id: string
  properties: Record<string, unknown>
  uuid: string
}

const batches = (): Entry[] => tool.requests.splice(0).flatMap(({ body }) => body.batch as Entry[])

test("what PostHog's own Node SDK sends, we send: names, persons, groups, aliases", async () => {
  const url = new URL(tool.url).origin
  const sdk = new PostHog('phc_KEY', { host: url, disableCompression: true, flushAt: 100 })
  sdk.capture({ distinctId: 'u1', event: 'Order Completed', properties: { total: 5 }, groups: { company: 'g1' } })
  sdk.identify({ distinctId: 'u1', properties: { $set: { plan: 'pro' }, $anon_distinct_id: 'a1' } })
  sdk.groupIdentify({ groupType: 'company', groupKey: 'g1', properties: { name: 'Firm' }, distinctId: 'u1' })
  sdk.alias({ distinctId: 'u1', alias: 'a0' })
  await sdk.shutdown()
  const theirs = batches()

  const user = { userId: 'u1', anonymousId: 'a1' }
  const outcomes = await posthog.events!.deliver(
    posthog.config.parse({ api_key: 'phc_KEY', url }),
    [
      sampleEvent({ ...user, type: 'track', event: 'Order Completed', properties: { total: 5 }, context: { groupId: 'g1' } }),
      sampleEvent({ ...user, type: 'identify', traits: { plan: 'pro' } }),
      sampleEvent({ ...user, type: 'group', groupId: 'g1', traits: { name: 'Firm' } }),
      sampleEvent({ ...user, type: 'alias', previousId: 'a0' }),
    ],
    testRuntime(),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted', 'accepted'])
  const ours = batches()

  const names = ['total', '$groups', '$set', '$anon_distinct_id', '$group_type', '$group_key', '$group_set', 'alias']
  const compared = (entries: Entry[]) =>
    entries.map(({ event, distinct_id, properties }) => ({
      event,
      distinct_id,
      properties: Object.fromEntries(names.flatMap((name) => (name in properties ? [[name, properties[name]]] : []))),
    }))
  // The SDK does not say of a group call which group it is of; we do.
  delete ours[2]!.properties['$groups']
  expect(compared(ours)).toEqual(compared(theirs))
  expect(theirs.every(({ uuid }) => /^[0-9a-f-]{36}$/.test(uuid))).toBe(true)
  expect(ours.every(({ uuid }) => /^[0-9a-f-]{36}$/.test(uuid))).toBe(true)
})
