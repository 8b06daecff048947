import type { Operation } from '../connector/destination.ts'
import type { ErrorData } from '../lib/error.ts'
import type { SyncFile } from '../stack/schema.ts'
import type { Definition } from '../stack/stack.ts'
import { queryRows, type Warehouse } from '../warehouse/port.ts'
import { tableIdentifier } from '../warehouse/sql.ts'
import type { Tally } from './difference.ts'
import { planned } from './tables.ts'

/** What a run does, as plain data: the steps that `execute` carries out, one by one, and nothing else. */
export interface Plan {
  sync: string
  steps: Step[]
  counts: { add: number; update: number; delete: number; unchanged: number; retry: number }
  /** Why a run would stop before its first delivery. */
  blocked?: ErrorData
  samples: Sample[]
}

export interface Step {
  kind: 'prepare' | 'upsert' | 'delete' | 'acknowledge'
  description: string
  rows: number
  batches: number
}

export interface Sample {
  operation: 'add' | 'update' | 'delete'
  key: string
  before?: Record<string, unknown>
  after?: Record<string, unknown>
}

/** Samples of each operation. */
const sampleSize = 5

/** The steps that carry out a difference. The one place where they are made: a run executes what this returns. */
export function makeSteps(sync: Definition<SyncFile>, batchSize: number, tally: Tally): Step[] {
  const { from, object, destination } = sync.content
  const { counts, upserts, deletes } = tally
  const where = `${object} in ${destination}`
  const retried = counts.retry === 0 ? '' : `, ${counts.retry} of them refused before`
  const steps: Step[] = [
    {
      kind: 'prepare',
      description:
        `Compare ${rows(tally.sourceRows)} of ${oneLine(from)} with ${tally.held} that ${destination} holds` +
        (tally.forgotten === 0 ? '.' : `; forget ${tally.forgotten} refusals that no longer matter.`),
      rows: tally.sourceRows,
      batches: 0,
    },
  ]
  if (upserts > 0) {
    const description = `Add or update ${rows(upserts)} of ${where} (${counts.add} new, ${counts.update} changed${retried}).`
    steps.push({ kind: 'upsert', description, rows: upserts, batches: Math.ceil(upserts / batchSize) })
  }
  if (deletes > 0) {
    const description = `Delete ${rows(deletes)} of ${where} that this sync created and the source no longer has.`
    steps.push({ kind: 'delete', description, rows: deletes, batches: Math.ceil(deletes / batchSize) })
  }
  const description =
    upserts + deletes === 0
      ? 'Nothing to send; note the run in millrace.sync_log.'
      : `Note the run in millrace.sync_log; its rows were noted in millrace.snapshots as ${destination} acknowledged them.`
  return [...steps, { kind: 'acknowledge', description, rows: upserts + deletes, batches: 0 }]
}

/** Why a run must not start, if so. */
export function findBlock(
  sync: Definition<SyncFile>,
  able: { connector: string; operations: readonly Operation[] },
  tally: Tally,
): ErrorData | undefined {
  const { content, path, places } = sync
  const block = (code: string, field: string, message: string, mend: string): ErrorData => ({
    code,
    fault: 'config',
    retryable: false,
    message,
    at: { file: path, ...places[field], field },
    mend,
  })
  if (tally.keyless > 0) {
    const message = `${rows(tally.keyless)} of ${oneLine(content.from)} ${tally.keyless === 1 ? 'has' : 'have'} no ${content.key} (NULL or empty).`
    return block('key-missing', 'key', message, `Leave them out with where: ${content.key} IS NOT NULL, or choose another key.`)
  }
  if (tally.doubled > 0) {
    const message = `${content.key} is not unique in ${oneLine(content.from)}: ${tally.doubled} ${tally.doubled === 1 ? 'value occurs' : 'values occur'} more than once, such as "${tally.doubledKey}".`
    return block('key-not-unique', 'key', message, 'Choose a key that is unique, or send one row a key.')
  }
  if (tally.deletes === 0) return undefined
  if (!able.operations.includes('delete')) {
    const message = `The connector ${able.connector} cannot delete, and ${rows(tally.deletes)} would have to be deleted.`
    return block('delete-unsupported', 'mode', message, 'Use mode: upsert.')
  }
  const limit = content.delete_guard
  if (tally.sourceRows === 0 && limit < 1) {
    const message = `${oneLine(content.from)} is empty, so that all ${rows(tally.deletes)} of ${content.object} in ${content.destination} would be deleted.`
    return block('source-empty', 'from', message, 'Look at the source. If it is right, set delete_guard: 1 for one run.')
  }
  if (tally.deletes > limit * tally.held) {
    const share = Math.round((tally.deletes / Math.max(1, tally.held)) * 1000) / 10
    const message = `The run would delete ${tally.deletes} of ${rows(tally.held)} (${share}%), more than the guard's ${Math.round(limit * 1000) / 10}%.`
    return block('delete-guard', 'delete_guard', message, 'Look at the source. If it is right, raise delete_guard for one run.')
  }
  return undefined
}

/** Some rows of each operation, before and after. */
export async function sampleDifference(warehouse: Warehouse, plan: string, signal: AbortSignal): Promise<Sample[]> {
  const found = await queryRows<{ kind: Sample['operation']; key: string; before: string; fields: string }>(
    warehouse,
    `SELECT multiIf(operation = 'delete', 'delete', present, 'update', 'add') AS kind, key, before, fields
     FROM ${tableIdentifier(planned.name)} WHERE plan = {plan:String} AND operation IN ('upsert', 'delete')
     ORDER BY kind, key LIMIT ${sampleSize} BY kind`,
    { params: { plan }, signal },
  )
  return found.map(({ kind, key, before, fields }) => ({
    operation: kind,
    key,
    ...(before === '' ? {} : { before: JSON.parse(before) as Record<string, unknown> }),
    ...(kind === 'delete' ? {} : { after: JSON.parse(fields) as Record<string, unknown> }),
  }))
}

function rows(count: number): string {
  return `${count} ${count === 1 ? 'row' : 'rows'}`
}

/** A query is named as such; a table by its name. */
function oneLine(from: string): string {
  const text = from.trim().replaceAll(/\s+/g, ' ')
  return /^[(\s]*(select|with)\b/i.test(text) ? 'the query' : text
}
