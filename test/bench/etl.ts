import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClickHouse } from '#desktop/host/clickhouse.ts'
import { millrace } from '#test/fixture/command.ts'
import { makeStack } from '#test/fixture/stack-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { startPageApi } from './etl-api.ts'
import { read } from './etl-reader.ts'
import type { Report } from './figure.ts'
import { median } from './median.ts'

// ETL: an API read into the warehouse, against fetch, JSON.parse and a raw insert; memory; how soon a run begins.

const turnRows = 200_000
const turns = 3
const commands = 5

export async function run(report: Report, signal: AbortSignal, { rows = 10_000_000 }: { rows: number | undefined }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const warehouse = await startTestWarehouse({ folder: join(folder, 'warehouse') })
  const api = await startPageApi()
  try {
    await throughput(warehouse, api.url, report, signal)
    await firstRequest(warehouse, report, signal)
    await memory(warehouse, api.url, rows, report)
  } finally {
    await api.stop()
    await warehouse.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function inDatabase<Value>(warehouse: TestWarehouse, work: (database: string) => Promise<Value>): Promise<Value> {
  const client = createClickHouse(warehouse)
  try {
    await client.command('CREATE DATABASE IF NOT EXISTS bench')
    return await work('bench')
  } finally {
    await client.command('DROP DATABASE IF EXISTS bench SYNC')
    await client.close()
  }
}

async function throughput(warehouse: TestWarehouse, api: string, report: Report, signal: AbortSignal): Promise<void> {
  const seconds: Record<'pipeline' | 'bare', number[]> = { pipeline: [], bare: [] }
  const { url, user, password } = warehouse
  for (let turn = 0; turn < turns; turn++) {
    for (const way of ['bare', 'pipeline'] as const) {
      signal.throwIfAborted()
      const task = { way, api, warehouse: { url, user, password }, rows: turnRows }
      seconds[way].push((await inDatabase(warehouse, (database) => read({ ...task, database }))).seconds)
    }
  }
  const rate = turnRows / median(seconds.pipeline)
  const bare = turnRows / median(seconds.bare)
  report({
    name: 'API to warehouse',
    value: Math.round(rate),
    unit: 'rows/s',
    against: `fetch, JSON.parse and a raw insert ${Math.round(bare).toLocaleString('en')} rows/s, median of ${turns} turns of ${turnRows.toLocaleString('en')} rows`,
    ratio: rate / bare,
    goal: '≥ 0.6',
    pass: rate / bare >= 0.6,
  })
}

async function memory(warehouse: TestWarehouse, api: string, rows: number, report: Report): Promise<void> {
  const { url, user, password } = warehouse
  const { peakMegabytes, seconds } = await inDatabase(warehouse, (database) =>
    read({ way: 'pipeline', api, warehouse: { url, user, password }, database, rows }),
  )
  report({
    name: `peak memory for ${rows.toLocaleString('en')} rows`,
    value: Math.round(peakMegabytes),
    unit: 'MB',
    against: `the whole process that reads, the engine in another; ${Math.round(rows / seconds).toLocaleString('en')} rows/s`,
    goal: '≤ 300',
    pass: peakMegabytes <= 300,
  })
}

/** From the command of an incremental sync that has nothing new to what it first asks of the API. */
async function firstRequest(warehouse: TestWarehouse, report: Report, signal: AbortSignal): Promise<void> {
  let asked: number | undefined
  const server = createServer((_request, response) => {
    asked ??= performance.now()
    response.setHeader('Content-Type', 'application/json')
    response.end('{"data":[{"id":1,"updated_at":"2026-01-01T00:00:00Z"}]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stack = await makeStack({
    'millrace.yaml': `name: bench\nwarehouse:\n  url: ${warehouse.url}\n  user: ${warehouse.user}\n  password: \${secret:WAREHOUSE_PASSWORD}\n`,
    'sources/shop.yaml': 'kind: etl\nconnector: declarative\nconfig:\n  manifest: manifests/shop.yaml\n',
    'manifests/shop.yaml': manifest(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  })
  try {
    const taken: number[] = []
    for (let command = 0; command <= commands; command++) {
      signal.throwIfAborted()
      asked = undefined
      const started = performance.now()
      const { code, stderr } = await millrace(['source', 'sync', 'shop', '--json'], {
        cwd: stack.path,
        env: { WAREHOUSE_PASSWORD: warehouse.password },
      })
      if (code !== 0 || asked === undefined) throw new Error(`The sync failed: ${stderr}`)
      // The first one reads everything.
      if (command > 0) taken.push((asked - started) / 1000)
    }
    const value = median(taken)
    const against = `median of ${commands} commands, the warehouse running and no host`
    report({ name: 'command to first request, nothing new', value, unit: 's', against, goal: '≤ 1', pass: value <= 1 })
  } finally {
    await stack.remove()
    server.close()
    server.closeAllConnections()
  }
}

const manifest = (url: string) => `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: id
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url_base: '${url}', path: /orders }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: updated_at
      datetime_format: '%Y-%m-%dT%H:%M:%SZ'
      start_datetime: '2026-01-01T00:00:00Z'
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { id: { type: integer }, updated_at: { type: string, format: date-time } } }
`
