import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sources } from '#core/connector/source-registry.ts'
import { runSource } from '#core/pipeline/run.ts'
import { systemClock } from '#core/lib/runtime.ts'
import type { SyncMode } from '#core/pipeline/mode.ts'
import type { StateStore } from '#core/pipeline/state.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { type ApiRecord, type ApiServer, type Fault, startApiServer } from '#test/fixture/api-server.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { shopManifest } from './manifests.ts'

let api: ApiServer
let process: TestWarehouse
let warehouse: ClickHouseWarehouse
let runs = 0

beforeAll(async () => {
  api = await startApiServer()
  process = await startTestWarehouse()
  warehouse = createClickHouse(process)
})

afterAll(async () => {
  await warehouse.close()
  await process.stop()
  await api.close()
})

function runShop(database: string, stream: string, mode: SyncMode, state: StateStore, pageSize = 7) {
  const runtime = testRuntime()
  runtime.clock.now = () => Date.UTC(2026, 2, 1)
  return runSource({
    source: sources.find(({ name }) => name === 'declarative')!,
    config: { manifest: shopManifest, config: { url: api.url, api_key: 'k', page_size: pageSize } },
    sourceName: database,
    database,
    streams: { [stream]: { mode } },
    state,
    warehouse,
    runtime,
    runId: `run-${++runs}`,
    batch: { records: 20, bytes: 1e6 },
  })
}

function order(id: number, minute: number, name: string): ApiRecord {
  return { id, name, updated_at: new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString() }
}

const byId = (a: ApiRecord, b: ApiRecord) => Number(a.id) - Number(b.id)

async function table(database: string, stream: string): Promise<ApiRecord[]> {
  const rows = await queryRows<{ id: string; name: string; at: string }>(
    warehouse,
    `SELECT id, name, updated_at AS at FROM ${database}.${stream} ORDER BY id`,
  )
  return rows.map(({ id, name, at }) => ({ id: Number(id), name, updated_at: `${at.replace(' ', 'T')}Z` }))
}

const faults = fc.infiniteStream(
  fc.constantFrom<Fault | undefined>(undefined, undefined, undefined, 'rate-limit', 'server-error', 'reset', 'truncated', 'not-json'),
)

/** Faults come as drawn, but never so many in a row that the API counts as down. */
function misbehave(drawn: Iterator<Fault | undefined>): void {
  let row = 0
  api.fault = () => {
    const next = drawn.next().value as Fault | undefined
    row = next === undefined ? 0 : row + 1
    return row > 5 ? undefined : next
  }
}

test('what a full refresh lands is what the API holds, in every pagination style, size and weather', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('pages', 'offsets', 'cursors', 'links'),
      fc.integer({ min: 1, max: 80 }),
      fc.integer({ min: 1, max: 30 }),
      faults,
      async (stream, count, pageSize, drawn) => {
        const held = Array.from({ length: count }, (_, index) => order(index, index, `n${index}`))
        api.collections.set('orders', held)
        misbehave(drawn)
        const result = await runShop('refresh', stream, 'full_refresh_overwrite', memoryState(), pageSize)
        expect(result).toMatchObject({ status: 'succeeded', counts: { rows_read: count, rows_written: count, row_errors: 0 } })
        expect(await table('refresh', stream)).toEqual(held)
      },
    ),
    { numRuns: 15 },
  )
}, 120_000)

test('increments bring the warehouse to what the API holds, whatever changed, whatever failed between', async () => {
  const change = fc.record({ id: fc.nat(30), minutes: fc.nat(5000) })
  let round = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(change, { maxLength: 25 }), { minLength: 2, maxLength: 5 }),
      faults,
      fc.array(fc.boolean()),
      async (rounds, drawn, outages) => {
        const database = `increments${++round}`
        const state = memoryState()
        const held = new Map<number, ApiRecord>()
        let clock = 0
        for (const [index, changes] of rounds.entries()) {
          for (const { id, minutes } of changes) {
            clock += minutes % 500
            held.set(id, order(id, clock, `v${index}-${minutes}`))
          }
          api.collections.set(
            'orders',
            [...held.values()].toSorted((a, b) => String(a.updated_at).localeCompare(String(b.updated_at))),
          )
          const isDown = outages[index] === true
          const down = api.requests.length + 3
          if (isDown) api.fault = ({ number }) => (number > down ? 'server-error' : undefined)
          else misbehave(drawn)
          const result = await runShop(database, 'updates', 'incremental_deduped', state)
          if (!isDown) expect(result).toMatchObject({ status: 'succeeded' })
        }
        misbehave(drawn)
        await runShop(database, 'updates', 'incremental_deduped', state)
        if (held.size > 0) expect(await table(database, 'updates')).toEqual([...held.values()].toSorted(byId))
        const again = await runShop(database, 'updates', 'incremental_deduped', state)
        // Only what carries the cursor's own time is asked for again.
        expect(again.counts.rows_read).toBeLessThanOrEqual(held.size)
        await warehouse.command(`DROP DATABASE ${database}`)
      },
    ),
    { numRuns: 8 },
  )
}, 180_000)

test('the warehouse is killed in the middle and comes back: nothing is missing, nothing twice', async () => {
  const held = Array.from({ length: 200 }, (_, index) => order(index, index, `n${index}`))
  api.collections.set('orders', held)
  api.fault = () => undefined
  let killed: Promise<TestWarehouse> | undefined
  api.afterRequest = () => {
    if (api.requests.length % 12 !== 0 || killed !== undefined) return
    const port = Number(new URL(process.url).port)
    killed = process.kill('SIGKILL').then(() => startTestWarehouse({ folder: process.folder, port }))
  }
  const result = await runSource({
    source: sources.find(({ name }) => name === 'declarative')!,
    config: { manifest: shopManifest, config: { url: api.url, api_key: 'k' } },
    sourceName: 'outage',
    database: 'outage',
    streams: { offsets: { mode: 'full_refresh_append' } },
    state: memoryState(),
    warehouse,
    // The real clock, and the longest waits that the policy allows: the warehouse takes its time to come back.
    runtime: testRuntime({ clock: systemClock, random: () => 1 }),
    runId: 'outage-1',
    batch: { records: 20, bytes: 1e6 },
  })
  api.afterRequest = () => undefined
  expect(killed).toBeDefined()
  const revived = await killed!
  expect(result.error).toBeUndefined()
  expect(result).toMatchObject({ status: 'succeeded', counts: { rows_written: 200 } })
  expect(await queryRows(warehouse, 'SELECT count() AS n, uniqExact(id) AS ids FROM outage.offsets')).toEqual([{ n: '200', ids: '200' }])
  await revived.kill('SIGTERM')
}, 120_000)
