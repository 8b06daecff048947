import { jsonSettings } from '../warehouse/json.ts'
import { queryRows, type Warehouse } from '../warehouse/port.ts'
import { literal, tableIdentifier } from '../warehouse/sql.ts'
import { planned, snapshots } from './tables.ts'

/*
 * The difference between what is to be sent and what the tool has acknowledged, made in the warehouse
 * in one pass and kept in millrace.planned for as long as its plan lives.
 *
 *   in the source   snapshot                            → operation, change
 *   yes             none, or deleted                    → upsert, add
 *   yes             present, same fields                → none, unchanged
 *   yes             present, other fields               → upsert, update
 *   yes             in flight (sent, answer not noted)  → upsert, add or update
 *   no              present and created by this sync    → delete (mirror), else none
 *   no              in flight, never acknowledged       → delete (mirror): it may have arrived
 *   any             refused before, and still to do     → as above, change retry
 *   any             refused before, nothing to do       → forget
 */

export interface DifferenceRequest {
  plan: string
  sync: string
  target: string
  mirror: boolean
  /** Only rows that the tool refused before. */
  retryOnly: boolean
  /** Columns `key` and `fields`. */
  mapped: string
  signal: AbortSignal
}

const state = ['version', 'present', 'created', 'before_hash', 'before', 'in_flight', 'rejected', 'rejected_fields', 'error', 'attempts']

/** Writes the difference; then there are rows of this plan in millrace.planned. */
export async function planDifference(warehouse: Warehouse, request: DifferenceRequest): Promise<void> {
  const { plan, sync, target, mirror, retryOnly, mapped, signal } = request
  const source = `SELECT key, fields, 1 AS origin, 0 AS version, false AS present, false AS created, 0 AS before_hash, '' AS before, '' AS in_flight, '' AS rejected, '' AS rejected_fields, '' AS error, 0 AS attempts FROM (${mapped})`
  const snapshot = `SELECT key, '', 2, version, present, created, hash, fields, in_flight, rejected, rejected_fields, error, attempts FROM ${tableIdentifier(snapshots.name)} FINAL WHERE sync = ${literal(sync)} AND target = ${literal(target)}`
  const grouped = `SELECT key, countIf(origin = 1) AS copies, anyIf(fields, origin = 1) AS new_fields, sipHash64(new_fields) AS new_hash, ${state.map((column) => `anyIf(${column}, origin = 2) AS old_${column}`).join(', ')} FROM (${source} UNION ALL ${snapshot}) GROUP BY key`
  const kept = retryOnly ? "old_rejected != ''" : 'true'
  const upsert = `${kept} AND copies > 0 AND NOT (old_present AND old_in_flight = '' AND old_before_hash = new_hash)`
  const deletion = mirror
    ? `${kept} AND copies = 0 AND ((old_present AND old_created) OR (NOT old_present AND old_in_flight != ''))`
    : 'false'
  const operation = `multiIf(${upsert}, 'upsert', ${deletion}, 'delete', old_rejected != '', 'forget', 'none')`
  const change = `multiIf(operation IN ('upsert', 'delete') AND old_rejected != '', 'retry', operation = 'delete', 'delete', operation = 'upsert' AND old_present, 'update', operation = 'upsert', 'add', copies > 0 AND ${kept}, 'unchanged', 'kept')`
  const columns = ['plan', 'operation', 'change', 'key', 'copies', 'fields', 'hash', ...state, 'planned_at']
  const values = [
    literal(plan),
    `${operation} AS operation`,
    `${change} AS change`,
    'key',
    'copies',
    "if(operation = 'upsert', new_fields, '')",
    'new_hash',
    ...state.map((column) =>
      column === 'before' || column === 'rejected_fields' ? `if(operation = 'none', '', old_${column})` : `old_${column}`,
    ),
    'now()',
  ]
  const insert = `INSERT INTO ${tableIdentifier(planned.name)} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM (${grouped})`
  await warehouse.command(insert, { signal, settings: jsonSettings })
}

/** What the difference amounts to. */
export interface Tally {
  counts: { add: number; update: number; delete: number; unchanged: number; retry: number }
  upserts: number
  deletes: number
  forgotten: number
  /** Rows of the source; keys that occur in it more than once, with one of them; rows without a key. */
  sourceRows: number
  doubled: number
  doubledKey: string
  keyless: number
  /** Rows that the tool holds, as far as this sync knows. */
  held: number
}

export async function tallyDifference(warehouse: Warehouse, plan: string, signal: AbortSignal): Promise<Tally> {
  const changes = (['add', 'update', 'delete', 'unchanged', 'retry'] as const).map(
    (change) => `countIf(change = '${change}') AS change_${change}`,
  )
  const [row] = await queryRows<Record<string, string>>(
    warehouse,
    `SELECT ${changes.join(', ')}, countIf(operation = 'upsert') AS upserts, countIf(operation = 'delete') AS deletes,
       countIf(operation = 'forget') AS forgotten, sum(copies) AS source_rows, countIf(copies > 1 AND key != '') AS doubled,
       anyIf(key, copies > 1 AND key != '') AS doubled_key, sumIf(copies, key = '') AS keyless,
       countIf(present OR in_flight != '') AS held
     FROM ${tableIdentifier(planned.name)} WHERE plan = {plan:String}`,
    { params: { plan }, signal },
  )
  const number = (name: string) => Number(row![name])
  return {
    counts: {
      add: number('change_add'),
      update: number('change_update'),
      delete: number('change_delete'),
      unchanged: number('change_unchanged'),
      retry: number('change_retry'),
    },
    upserts: number('upserts'),
    deletes: number('deletes'),
    forgotten: number('forgotten'),
    sourceRows: number('source_rows'),
    doubled: number('doubled'),
    doubledKey: row!.doubled_key!,
    keyless: number('keyless'),
    held: number('held'),
  }
}

/** A row of the difference, with the snapshot before it. 64-bit numbers are strings. */
export interface PlannedRow {
  key: string
  fields: string
  hash: string
  version: string
  present: boolean
  created: boolean
  before_hash: string
  before: string
  in_flight: string
  rejected: string
  rejected_fields: string
  error: string
  attempts: number
}

/** The rows of one operation in the order of their keys, `size` at a time. Each page is a query of its own: delivery may take hours. */
export async function* plannedRows(
  warehouse: Warehouse,
  plan: string,
  operation: 'upsert' | 'delete' | 'forget',
  size: number,
  signal: AbortSignal,
): AsyncGenerator<PlannedRow[]> {
  const columns = [
    'key',
    'fields',
    'toString(hash) AS hash',
    ...state.map((column) => (/^(version|before_hash)$/.test(column) ? `toString(${column}) AS ${column}` : column)),
  ]
  let after: string | undefined
  for (;;) {
    const rows: PlannedRow[] = await queryRows<PlannedRow>(
      warehouse,
      `SELECT ${columns.join(', ')} FROM ${tableIdentifier(planned.name)}
       WHERE plan = {plan:String} AND operation = {operation:String} ${after === undefined ? '' : 'AND key > {after:String}'} ORDER BY key LIMIT ${size}`,
      { params: { plan, operation, ...(after === undefined ? {} : { after }) }, signal },
    )
    if (rows.length > 0) yield rows
    if (rows.length < size) return
    after = rows.at(-1)!.key
  }
}

/** Forgets a plan, and those that killed runs have left behind. */
export async function dropPlan(warehouse: Warehouse, plan: string): Promise<void> {
  const table = tableIdentifier(planned.name)
  const stale = await queryRows<{ plan: string }>(
    warehouse,
    `SELECT plan FROM ${table} GROUP BY plan HAVING plan = {plan:String} OR max(planned_at) < now() - INTERVAL 1 DAY`,
    { params: { plan } },
  )
  for (const old of stale) await warehouse.command(`ALTER TABLE ${table} DROP PARTITION ${literal(old.plan)}`)
}
