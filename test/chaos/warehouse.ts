import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { oneBatch } from '#core/lib/batch.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { createClickHouse } from '#desktop/host/clickhouse.ts'
import { startTestWarehouse } from '#test/fixture/warehouse.ts'
import type { Case } from './case.ts'

/*
 * The local warehouse by itself: writers insert small batches with a deduplication token each, and again
 * with the same token until they are acknowledged, while it is killed (kill -9) and started again.
 */

const writers = 6
const rowsOfBatch = 10

export const run: Case['run'] = async ({ rounds = 40, progress, signal }) => {
  let server = await startTestWarehouse()
  const { folder } = server
  const port = Number(new URL(server.url).port)
  const clients = Array.from({ length: writers }, () => createClickHouse(server))
  const [first] = clients
  await first!.command(
    'CREATE TABLE default.rows (id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100000',
  )
  let next = 0
  const state = { running: true }
  const write = async (client: (typeof clients)[number]) => {
    while (state.running && !signal.aborted) {
      const batch = next++
      const rows = Array.from({ length: rowsOfBatch }, (_, index) => ({ id: batch * rowsOfBatch + index }))
      for (let done = false; !done && !signal.aborted;) {
        done = await client.insert({ database: 'default', table: 'rows' }, oneBatch(rows), { deduplicationToken: `batch ${batch}` }).then(
          () => true,
          () => sleep(20).then(() => false),
        )
      }
    }
  }
  const writing = clients.map(write)
  try {
    for (let round = 1; round <= rounds && !signal.aborted; round++) {
      await sleep(200 + Math.random() * 800)
      await server.kill('SIGKILL')
      server = await startTestWarehouse({ folder, port })
      if (round % 10 === 0) progress(`Round ${round} of ${rounds}: ${next * rowsOfBatch} rows begun.`)
    }
    state.running = false
    await Promise.all(writing)
    const [count] = await queryRows<{ all: string; ids: string }>(first!, 'SELECT count() AS all, uniqExact(id) AS ids FROM default.rows')
    const accepted = next * rowsOfBatch
    const present = Number(count!.ids)
    return { accepted, present, lost: accepted - present, doubled: Number(count!.all) - present, kills: rounds, broken: [] }
  } finally {
    await Promise.all(clients.map((client) => client.close()))
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
