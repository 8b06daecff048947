import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { sendTracks } from './send-events.ts'
import { select } from './warehouse-query.ts'

let warehouse: TestWarehouse
let edge: TestEdge
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({
    warehouse,
    sources: ['web', { kind: 'sdk', name: 'closed', write_key: 'write-key-of-closed', enabled: false }],
    settings: { METRICS_INTERVAL_MS: '200', SPOOL_SHARDS: '2' },
  })
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.stop()
})

const send = (key: string, body: string) =>
  fetch(`${edge.url}/v1/batch`, { method: 'POST', body, headers: { authorization: `Basic ${btoa(`${key}:`)}` } })
const text = async () => {
  const response = await fetch(`${edge.url}/admin/metrics`, { headers: { authorization: `Bearer ${edge.adminToken}` } })
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return response.text()
}

const moments = async () => (await select<{ n: string }>(warehouse, 'SELECT uniqExact(spool, at) AS n FROM events.metrics'))[0]!.n

test('events and refused requests are counted by source and reason, in text and in the warehouse', async () => {
  await sendTracks(edge, ['m1', 'm2', 'm3'])
  await send(edge.writeKey('web'), JSON.stringify({ batch: [{ type: 'nonsense', userId: 'u' }] }))
  expect((await send('no-such-key', '{}')).status).toBe(401)
  expect((await send('no-such-key', '{}')).status).toBe(401)
  expect((await send(edge.writeKey('closed'), '{"batch":[]}')).status).toBe(403)
  expect((await send(edge.writeKey('web'), 'no JSON')).status).toBe(400)
  const expected = [
    'millrace_events_accepted_total{source="web"} 3',
    'millrace_events_rejected_total{source="web"} 1',
    'millrace_requests_refused_total{source="",reason="unknown-key"} 2',
    'millrace_requests_refused_total{source="closed",reason="source-disabled"} 1',
    'millrace_requests_refused_total{source="web",reason="malformed-json"} 1',
  ]
  await eventually(async () => {
    const lines = (await text()).split('\n')
    return expected.filter((line) => !lines.includes(line))
  }).toEqual([])
  await edge.flush()
  await eventually(() =>
    select(
      warehouse,
      `SELECT metric, source, reason, sum(last) AS value FROM (
         SELECT spool, metric, source, reason, argMax(value, at) AS last FROM events.metrics GROUP BY spool, metric, source, reason
       ) WHERE metric IN ('millrace_events_flushed_total', 'millrace_requests_refused_total') GROUP BY metric, source, reason ORDER BY ALL`,
    ),
  ).toEqual([
    { metric: 'millrace_events_flushed_total', source: 'web', reason: '', value: 4 },
    { metric: 'millrace_requests_refused_total', source: '', reason: 'unknown-key', value: 2 },
    { metric: 'millrace_requests_refused_total', source: 'closed', reason: 'source-disabled', value: 1 },
    { metric: 'millrace_requests_refused_total', source: 'web', reason: 'malformed-json', value: 1 },
  ])
})

test('a collector at rest notes nothing more', async () => {
  let before = ''
  await eventually(async () => {
    const last = before
    before = await moments()
    await new Promise((resolve) => setTimeout(resolve, 1500))
    return before === last
  }).toBe(true)
})

test('the figures are for who has the token', async () => {
  expect((await fetch(`${edge.url}/admin/metrics`)).status).toBe(401)
})
