import { ga4 } from '#core/destination/ga4/index.ts'
import { webhook } from '#core/destination/webhook/index.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { loadStack } from '#core/stack/load.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { planSync, retrySync, runSync, type SyncResult } from '#core/sync/run.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { stackOf } from '#test/fixture/stack-files.ts'
import { startTestWarehouse } from '#test/fixture/warehouse.ts'
import { startWebhookTool } from '#test/fixture/webhook-tool.ts'

export type SyncHarness = Awaited<ReturnType<typeof startSyncHarness>>

/** A real warehouse, a real tool, and a sync between them that tests change by writing its file. */
export async function startSyncHarness() {
  const server = await startTestWarehouse()
  const warehouse = createClickHouse(server)
  const tool = await startWebhookTool()
  await warehouse.command('CREATE DATABASE shop')
  let runs = 0

  async function request(options: Options) {
    const stack = await loadStack(
      stackOf({
        'millrace.yaml': 'name: shop',
        'destinations/crm.yaml': `connector: webhook\nconfig:\n  url: ${tool.url}\n${options.config ?? ''}`,
        'syncs/contacts.yaml': options.sync ?? syncFile(),
        ...options.files,
      }),
    )
    if (stack.problems.length > 0) throw new Error(JSON.stringify(stack.problems))
    return {
      stack,
      name: 'contacts',
      destinations: [{ ...webhook, rows: { ...webhook.rows!, limits: { batchSize: options.batchSize ?? 10 } } }, ga4],
      resolver: { secret: () => undefined, variable: () => undefined },
      warehouse: options.warehouse ?? warehouse,
      runtime: options.runtime ?? testRuntime(),
    }
  }

  return {
    warehouse,
    tool,
    /** Replaces the source: rows of shop.people. */
    async source(people: Record<string, { name: string | null; score: number }>): Promise<void> {
      await warehouse.command(
        'CREATE OR REPLACE TABLE shop.people (id Nullable(String), name Nullable(String), score Int64) ENGINE = MergeTree ORDER BY tuple()',
      )
      const rows = Object.entries(people).map(([id, { name, score }]) => ({ id, name, score }))
      async function* all() {
        yield rows
      }
      if (rows.length > 0) await warehouse.insert({ database: 'shop', table: 'people' }, all())
    },
    async plan(options: Options = {}) {
      return planSync(await request(options))
    },
    async run(options: Options = {}): Promise<SyncResult> {
      return runSync({
        ...(await request(options)),
        runId: `run-${++runs}`,
        ...(options.progress === undefined ? {} : { progress: options.progress }),
      })
    },
    async retry(options: Options = {}): Promise<SyncResult> {
      return retrySync({ ...(await request(options)), runId: `retry-${++runs}` })
    },
    rows: <Row>(sql: string) => queryRows<Row>(warehouse, sql),
    /** As if nothing had ever been synced. */
    async reset(): Promise<void> {
      Object.assign(tool, { requests: [], deleted: [], faults: [], refuse: () => undefined, answers: 'results' })
      tool.records.clear()
      for (const table of ['snapshots', 'planned', 'sync_log']) await warehouse.command(`TRUNCATE TABLE IF EXISTS millrace.${table}`)
    },
    async stop(): Promise<void> {
      await tool.stop()
      await warehouse.close()
      await server.stop()
    },
  }
}

interface Options {
  /** Text of syncs/contacts.yaml. */
  sync?: string
  /** More lines of the destination's config, indented by two. */
  config?: string
  files?: Record<string, string>
  batchSize?: number
  runtime?: Runtime
  warehouse?: ClickHouseWarehouse
  progress?: (counts: Record<string, number>) => void
}

export function syncFile(changes: Record<string, unknown> = {}): string {
  const content = {
    from: 'shop.people',
    destination: 'crm',
    object: 'contacts',
    key: 'id',
    mode: 'mirror',
    delete_guard: 1,
    fields: { id: 'id', name: 'name', score: 'score' },
    ...changes,
  }
  return JSON.stringify(content)
}
