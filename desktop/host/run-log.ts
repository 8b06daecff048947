import type { Run } from '#core/host/contract.ts'
import type { Warehouse } from '#core/warehouse/port.ts'
import type { Table } from '#core/warehouse/table.ts'
import { jobKey } from './run-store.ts'

/** The run log in the warehouse: what the host knows of its runs, open to SQL. */
export const runTable: Table = {
  kind: 'table',
  name: { database: 'millrace', table: 'runs' },
  columns: [
    { name: 'id', type: 'String' },
    { name: 'job', type: 'LowCardinality(String)', comment: 'source:crm, models, traits, sync:crm_contacts, all.' },
    { name: 'trigger', type: 'LowCardinality(String)', comment: 'manual, schedule, command or demo.' },
    { name: 'status', type: 'LowCardinality(String)', comment: 'succeeded, partial, failed or cancelled.' },
    { name: 'started_at', type: "DateTime64(3, 'UTC')" },
    { name: 'ended_at', type: "DateTime64(3, 'UTC')" },
    { name: 'counts', type: 'Map(String, Int64)' },
    { name: 'error_code', type: 'LowCardinality(String)' },
    { name: 'error', type: 'String' },
  ],
  engine: 'ReplacingMergeTree',
  orderBy: ['id'],
  comment: 'Runs of the host, one line each when it has ended.',
}

export async function writeRun(warehouse: Warehouse, run: Run): Promise<void> {
  await warehouse.insert(runTable.name, rows(run))
}

async function* rows(run: Run) {
  yield [
    {
      id: run.id,
      job: jobKey(run.job),
      trigger: run.trigger,
      status: run.status,
      started_at: new Date(run.startedAt).toISOString(),
      ended_at: new Date(run.endedAt ?? run.startedAt).toISOString(),
      counts: run.counts,
      error_code: run.error?.code ?? '',
      error: run.error?.message ?? '',
    },
  ]
}
