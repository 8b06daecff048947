import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { type TestWarehouse, startTestWarehouse } from '#test/fixture/warehouse.ts'
import type { Report } from './figure.ts'
import { type RawEngine, startRawEngine } from './raw-engine.ts'

// What the HTTP face costs: the local warehouse with ClickHouse's own client, against the bare engine (chDB's
// Session in a process of its own, no HTTP), on the same rows, taking turns in the same run.

const batch = 10_000
const batches = 30
const rounds = 5
const table = `(
  id String, type LowCardinality(String), received_at DateTime64(3), user_id String, properties JSON, context JSON
) ENGINE = MergeTree ORDER BY (type, received_at)`

export async function run(report: Report, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const warehouse = await startTestWarehouse({ folder: join(folder, 'warehouse') })
  const engine = await startRawEngine(join(folder, 'raw'))
  const client = createClient({ url: warehouse.url, username: warehouse.user, password: warehouse.password })
  try {
    await insertFigures(client, engine, report, signal)
    await queryFigures(client, engine, report, signal)
    await latencyFigures(warehouse, client, engine, report, signal)
  } finally {
    await client.close()
    await engine.stop()
    await warehouse.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function insertFigures(client: ClickHouseClient, engine: RawEngine, report: Report, signal: AbortSignal): Promise<void> {
  const body = Buffer.from(Array.from({ length: batch }, (_, i) => JSON.stringify(event(i)) + '\n').join(''))
  const through: number[] = []
  const raw: Record<'session.insert' | 'INFILE', number[]> = { 'session.insert': [], INFILE: [] }
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted()
    for (const name of ['events', 'session.insert', 'INFILE'] as const) {
      const [sql, drop] = [`CREATE TABLE events ${table}`, 'DROP TABLE IF EXISTS events SYNC']
      if (name === 'events') {
        await client.command({ query: drop })
        await client.command({ query: sql })
        through.push(
          await seconds(async () => {
            for (let i = 0; i < batches; i++) {
              const values = Readable.from([body], { objectMode: false })
              const { stream } = await client.exec({ query: `INSERT INTO ${name} FORMAT JSONEachRow`, values })
              for await (const _chunk of stream) {
                // An INSERT answers with nothing.
              }
            }
          }),
        )
      } else {
        await engine.query(drop)
        await engine.query(sql)
        raw[name].push(await engine.insert('events', body, batches, name === 'INFILE'))
      }
    }
  }
  const http = (batch * batches) / median(through)
  // Against the faster of the engine's two ways: the library's insert of a buffer, and the engine reading a file itself.
  const faster = median(raw.INFILE) < median(raw['session.insert']) ? 'INFILE' : 'session.insert'
  const bare = (batch * batches) / median(raw[faster])
  const ratio = http / bare
  report({
    name: 'rows inserted through HTTP (batches of 10,000, two JSON columns)',
    value: Math.round(http),
    unit: 'rows/s',
    against: `raw engine (${faster}) ${Math.round(bare).toLocaleString('en')} rows/s`,
    ratio,
    goal: '≥ 0.8',
    pass: ratio >= 0.8,
  })
}

async function queryFigures(client: ClickHouseClient, engine: RawEngine, report: Report, signal: AbortSignal): Promise<void> {
  const count = 2_000_000
  const sql = `SELECT number, toString(number) AS text FROM numbers(${count}) FORMAT JSONEachRow`
  const through: number[] = []
  const raw: number[] = []
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted()
    through.push(
      await seconds(async () => {
        const { stream } = await client.exec({ query: sql })
        for await (const _chunk of stream) {
          // Received is enough: the raw engine's rows are not parsed either.
        }
      }),
    )
    raw.push(await engine.stream(sql))
  }
  const [http, bare] = [count / median(through), count / median(raw)]
  const ratio = http / bare
  report({
    name: 'rows streamed through HTTP (JSONEachRow)',
    value: Math.round(http),
    unit: 'rows/s',
    against: `raw engine's stream, that goes nowhere, ${Math.round(bare).toLocaleString('en')} rows/s`,
    ratio,
  })
}

async function latencyFigures(
  warehouse: TestWarehouse,
  client: ClickHouseClient,
  engine: RawEngine,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const count = 300
  const through: number[] = []
  const raw: number[] = []
  for (let round = 0; round < 3; round++) {
    signal.throwIfAborted()
    for (let i = 0; i < count; i++) {
      through.push(
        await seconds(async () => {
          const result = await client.query({ query: 'SELECT 1 AS one', format: 'JSONEachRow' })
          await result.json()
        }),
      )
    }
    raw.push(...(await engine.repeat('SELECT 1 AS one', count)))
  }
  for (const [name, part] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    report({
      name: `small query through HTTP, ${name}`,
      value: ms(through, part),
      unit: 'ms',
      against: `raw session ${ms(raw, part).toFixed(2)} ms (${new URL(warehouse.url).hostname})`,
      ratio: ms(through, part) / ms(raw, part),
    })
  }
}

function event(i: number): Record<string, unknown> {
  return {
    id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    type: ['track', 'page', 'identify'][i % 3],
    received_at: `2026-01-01 00:00:${String(i % 60).padStart(2, '0')}.123`,
    user_id: `user-${i % 997}`,
    properties: { order_id: i, total: (i % 500) + 0.5, currency: 'USD', products: [{ sku: `sku-${i % 50}`, quantity: 1 + (i % 3) }] },
    context: {
      ip: '203.0.113.7',
      library: { name: 'analytics-node', version: '3.1.0' },
      page: { path: `/p/${i % 40}`, referrer: 'https://example.com/' },
    },
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

function ms(values: number[], part: number): number {
  return quantile(values, part) * 1000
}

function median(values: number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!
}
