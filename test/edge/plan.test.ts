import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EdgeConfigInput } from '#core/event/edge-config.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

const sources = ['web', 'shop', 'free'].map((name) => ({
  kind: 'sdk' as const,
  name,
  write_key: `write-key-of-${name}`,
  ...(name === 'free' ? {} : { plan: name }),
}))
const order = {
  schema: {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string' }, total: { type: 'number' }, customer: { properties: { city: { type: 'string' } } } },
  },
}
const plans: EdgeConfigInput['plans'] = [
  {
    name: 'web',
    version: 'one',
    rules: { unplanned_event: 'reject', unplanned_property: 'drop_property', datatype_mismatch: 'drop_property', required_missing: 'flag' },
    events: { 'Order Completed': order, Strict: { rules: { required_missing: 'reject', unplanned_property: 'allow' }, ...order } },
    identify: { rules: { datatype_mismatch: 'reject' }, schema: { properties: { age: { type: 'integer' } } } },
  },
  { name: 'shop', version: 'two', events: { 'Order Completed': order } },
]

let warehouse: TestWarehouse
let edge: TestEdge
let folder: string
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  folder = await mkdtemp(join(tmpdir(), 'millrace-edge-'))
  edge = await startTestEdge({ warehouse, folder, sources: [] })
  await edge.publish({ sources, plans })
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function send(source: string, ...batch: object[]) {
  const response = await fetch(`${edge.url}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch: batch.map((event) => ({ userId: 'u', type: 'track', event: 'Order Completed', ...event })) }),
    headers: { authorization: `Basic ${btoa(`${edge.writeKey(source)}:`)}` },
  })
  const body = (await response.json()) as unknown
  await edge.flush()
  return { status: response.status, body }
}
const rows = (sql: string) => select(warehouse, sql)
const violationsOf = (messageId: string) =>
  rows(`SELECT rule, path, action, message FROM events.violations FINAL WHERE message_id = '${messageId}' ORDER BY rule, path`)
const stored = (messageId: string) => rows(`SELECT properties, traits FROM events.all FINAL WHERE message_id = '${messageId}'`)

test('allow: a sound event, and one of a source without a plan, are stored as they are', async () => {
  const properties = { id: 'o1', total: 2.5, customer: { city: 'Ulm' } }
  expect((await send('web', { messageId: 'sound', properties })).body).toEqual({ success: true })
  expect((await send('free', { messageId: 'unheld', event: 'Anything', properties: { id: 1 } })).body).toEqual({ success: true })
  expect(await stored('sound')).toEqual([{ properties, traits: {} }])
  expect(await stored('unheld')).toHaveLength(1)
  expect(await rows("SELECT 1 FROM events.violations WHERE message_id IN ('sound', 'unheld')")).toEqual([])
})

test('flag: stored whole, and the violation recorded', async () => {
  expect((await send('shop', { messageId: 'flagged', properties: { total: 'much', color: 'red' } })).body).toEqual({ success: true })
  expect(await stored('flagged')).toMatchObject([{ properties: { total: 'much', color: 'red' } }])
  expect(await violationsOf('flagged')).toEqual([
    { rule: 'datatype_mismatch', path: 'properties.total', action: 'flag', message: 'properties.total must be number, not string.' },
    { rule: 'required_missing', path: 'properties.id', action: 'flag', message: 'properties.id is required.' },
    { rule: 'unplanned_property', path: 'properties.color', action: 'flag', message: 'properties.color is not in the plan.' },
  ])
})

test('drop_property: stored without it, and its value stands nowhere', async () => {
  const properties = { id: 'o2', total: 'sECRET1', customer: { city: 'Ulm', mail: 'sECRET2' } }
  expect((await send('web', { messageId: 'dropped', properties })).body).toEqual({ success: true })
  expect(await stored('dropped')).toMatchObject([{ properties: { id: 'o2', customer: { city: 'Ulm' } } }])
  expect((await violationsOf('dropped')).map(({ path, action }) => [path, action])).toEqual([
    ['properties.total', 'drop_property'],
    ['properties.customer.mail', 'drop_property'],
  ])
  for (const table of ['all', 'rejected', 'violations'])
    expect(await rows(`SELECT 1 FROM events.${table} AS t WHERE toString(tuple(t.*)) LIKE '%sECRET%'`)).toEqual([])
})

test('reject: to events.rejected whole, named in the answer; its neighbours are taken', async () => {
  const { status, body } = await send(
    'web',
    { messageId: 'r0', event: 'Nobody Planned This' },
    { messageId: 'r1', properties: { id: 'o3' } },
    { event: 'Strict', properties: { total: 1, more: 1 } },
    { messageId: 'r3', type: 'identify', event: undefined, traits: { age: 'old' } },
  )
  expect(status).toBe(200)
  expect(body).toEqual({
    success: true,
    accepted: 1,
    rejected: [
      { index: 0, code: 'plan-violation', message: 'The event is not in the plan.', field: 'event' },
      { index: 2, code: 'plan-violation', message: 'properties.id is required.', field: 'properties.id' },
      { index: 3, code: 'plan-violation', message: 'traits.age must be integer, not string.', field: 'traits.age' },
    ],
  })
  expect(
    await rows(
      "SELECT path, JSONExtractString(payload, 'event') AS event FROM events.rejected FINAL WHERE reason = 'plan-violation' ORDER BY path",
    ),
  ).toEqual([
    { path: 'event', event: 'Nobody Planned This' },
    { path: 'properties.id', event: 'Strict' },
    { path: 'traits.age', event: '' },
  ])
  expect(await rows("SELECT event_text, rule FROM events.violations FINAL WHERE action = 'reject' ORDER BY rule")).toEqual([
    { event_text: '', rule: 'datatype_mismatch' },
    { event_text: 'Strict', rule: 'required_missing' },
    { event_text: 'Nobody Planned This', rule: 'unplanned_event' },
  ])
})

test('a repeated event is one violation, also under another version of the plan; the view counts by rule and day', async () => {
  const event = { event: 'Order Completed', messageId: 'again', timestamp: '2026-05-05T05:05:05Z', properties: { id: 'o4', again: 1 } }
  await send('shop', event, event)
  await send('shop', event)
  await edge.publish({ sources, plans: plans!.map((plan) => ({ ...plan, version: `${plan.version}-b` })) })
  await send('shop', event, { ...event, messageId: 'once more' })
  expect(await rows("SELECT plan_version FROM events.violations FINAL WHERE message_id = 'again'")).toEqual([{ plan_version: 'two-b' }])
  expect(
    await rows("SELECT source, plan, event_text, rule, action, events FROM events.violations_by_rule WHERE path = 'properties.again'"),
  ).toEqual([{ source: 'shop', plan: 'shop', event_text: 'Order Completed', rule: 'unplanned_property', action: 'flag', events: '2' }])
})

test('metrics count violations by source, over a restart too', async () => {
  await edge.stop()
  edge = await startTestEdge({ warehouse, folder, sources: [] })
  await edge.publish({ sources, plans })
  const { sources: counted } = await edge.metrics()
  expect(counted['web']).toMatchObject({ accepted: 3, rejected: 3, flushed: 6, violations: 5 })
  expect(counted['free']).toMatchObject({ accepted: 1, violations: 0 })
})

test('a plan that is none is refused, and what was published stays', async () => {
  const bad = (change: object) => edge.publish({ sources, plans: [{ name: 'web', version: 'x', ...change }, plans![1]!] })
  await expect(bad({ events: { A: { schema: { type: 'text' } } } })).rejects.toThrow(/plans\.0\.events\.A\.schema/)
  await expect(bad({ rules: { required_missing: 'drop_property' } })).rejects.toThrow(/required_missing/)
  await expect(edge.publish({ sources, plans: [] })).rejects.toThrow(/there is no plan web/)
  expect((await send('web', { messageId: 'still', event: 'Unplanned' })).body).toMatchObject({ accepted: 0 })
})
