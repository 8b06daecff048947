import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { defineSource } from '#core/connector/source.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { ok } from '#core/lib/result.ts'
import { systemClock } from '#core/lib/runtime.ts'
import { runSource } from '#core/pipeline/run.ts'
import { type ClickHouseAddress, createClickHouse } from '#desktop/host/clickhouse.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { pageSize } from './etl-api.ts'

// Reads the API into the warehouse in a process of its own, through the pipeline or with the least that can be done:
// fetch, JSON.parse, and an insert of the same number of rows at a time.

export interface ReaderTask {
  way: 'pipeline' | 'bare'
  api: string
  warehouse: ClickHouseAddress
  database: string
  rows: number
}

export interface ReaderResult {
  seconds: number
  /** The most memory that the process held, in megabytes (getrusage(2), ru_maxrss). */
  peakMegabytes: number
}

export function read(task: ReaderTask): Promise<ReaderResult> {
  return new Promise((resolve, reject) => {
    // As bin/millrace.js starts the command.
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(task)], { execArgv: ['--max-semi-space-size=16'] })
    let result: ReaderResult | undefined
    child.on('message', (message) => (result = message as ReaderResult))
    child.once('exit', () => (result === undefined ? reject(new Error(`The ${task.way} reader failed.`)) : resolve(result)))
  })
}

/** Rows of an insert of the bare way: as many as the pipeline's. */
const insertRows = 10_000

async function pages(task: ReaderTask, page: number): Promise<JsonObject[]> {
  const response = await fetch(`${task.api}/?page=${page}`)
  return (JSON.parse(await response.text()) as { data: JsonObject[] }).data
}

async function bare(task: ReaderTask): Promise<void> {
  const { url, user, password } = task.warehouse
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password }
  const post = async (query: string, body: string) => {
    const settings = 'date_time_input_format=best_effort'
    const response = await fetch(`${url}/?${settings}&query=${encodeURIComponent(query)}`, { method: 'POST', headers, body })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
  }
  await post(
    `CREATE TABLE ${task.database}.bare (id Int64, number String, customer_id Int64, email String, status String, total Float64, currency String,
     paid Bool, created_at DateTime64(3, 'UTC'), updated_at DateTime64(3, 'UTC'), note Nullable(String), address JSON, tags Array(String))
     ENGINE = MergeTree ORDER BY id`,
    '',
  )
  let lines: string[] = []
  for (let page = 0; page * pageSize < task.rows; page++) {
    for (const record of await pages(task, page)) lines.push(JSON.stringify(record))
    if (lines.length < insertRows && (page + 1) * pageSize < task.rows) continue
    await post(`INSERT INTO ${task.database}.bare FORMAT JSONEachRow`, lines.join('\n'))
    lines = []
  }
}

async function throughPipeline(task: ReaderTask): Promise<void> {
  const warehouse = createClickHouse(task.warehouse)
  const source = defineSource<unknown>({
    name: 'pages',
    title: 'Pages',
    description: 'Pages of an API.',
    config: z.unknown(),
    check: async () => ok(undefined),
    discover: async () => ok({ streams: [{ name: 'orders', schema: { type: 'object' }, primaryKey: [['id']], modes: ['full-refresh'] }] }),
    async *read() {
      for (let page = 0; page * pageSize < task.rows; page++) {
        yield { type: 'records', stream: 'orders', records: await pages(task, page) }
      }
      yield { type: 'done', stream: 'orders', result: ok(undefined) }
    },
  })
  const result = await runSource({
    source,
    config: {},
    sourceName: task.database,
    database: task.database,
    state: memoryState(),
    warehouse,
    runtime: { fetch, clock: systemClock, random: Math.random, log: () => undefined, signal: new AbortController().signal },
    runId: 'bench',
  })
  await warehouse.close()
  if (result.counts.rows_written !== task.rows)
    throw new Error(`${result.counts.rows_written} of ${task.rows} rows: ${result.error?.message}`)
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const task = JSON.parse(process.argv[2]!) as ReaderTask
  const started = performance.now()
  await (task.way === 'bare' ? bare(task) : throughPipeline(task))
  const seconds = (performance.now() - started) / 1000
  process.send({ seconds, peakMegabytes: process.resourceUsage().maxRSS / 1024 } satisfies ReaderResult, () => process.disconnect())
}
