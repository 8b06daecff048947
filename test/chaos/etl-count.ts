import type { StoredState } from '#core/pipeline/state.ts'
import { queryRows, type Warehouse } from '#core/warehouse/port.ts'
import { database } from './etl-runner.ts'
import type { EtlTool } from './etl-tool.ts'

/** Sentences about states that cover rows which the warehouse does not have, and about rows that stand there twice. */
export async function statesAhead(warehouse: Warehouse, stored: Promise<StoredState[]>): Promise<string[]> {
  const wrong: string[] = []
  for (const { stream, value } of await stored) {
    const covered = (value as { after: number } | null)?.after ?? 0
    if (stream !== 'log' || covered === 0) continue
    const [row] = await queryRows<{ n: string }>(warehouse, `SELECT uniqExact(seq) AS n FROM ${database}.log WHERE seq <= ${covered}`)
    if (Number(row!.n) < covered) wrong.push(`the state of ${stream} covers ${covered} rows, and ${row!.n} of them are there.`)
  }
  return wrong
}

export interface Comparison {
  expected: number
  present: number
  doubled: number
  wrong: string[]
}

/** The warehouse against the tool, stream by stream. */
export async function compare(warehouse: Warehouse, tool: EtlTool): Promise<Comparison> {
  const total: Comparison = { expected: 0, present: 0, doubled: 0, wrong: [] }
  const puts = tool.changes.filter(({ gone }) => !gone)
  const last = new Map(tool.changes.map(({ id, v }) => [id, v]))
  const lastPut = new Map(puts.map(({ id, v }) => [id, v]))
  const expectations: Record<string, { sql: string; rows: string[] }> = {
    log: { sql: 'SELECT concat(seq, id, v) AS row FROM log', rows: tool.changes.map(({ seq, id, v }) => `${seq}${id}${v}`) },
    newest: { sql: 'SELECT concat(id, v) AS row FROM newest', rows: [...last].map(([id, v]) => `${id}${v}`) },
    mirror: { sql: 'SELECT concat(id, v) AS row FROM mirror', rows: [...tool.rows].map(([id, v]) => `${id}${v}`) },
    marked: {
      sql: `SELECT concat(id, v, if(_millrace_deleted_at IS NULL, '', 'gone')) AS row FROM marked`,
      rows: [...lastPut].map(([id, v]) => `${id}${v}${tool.rows.has(id) ? '' : 'gone'}`),
    },
    snapshot: { sql: 'SELECT concat(id, v) AS row FROM snapshot', rows: [...tool.rows].map(([id, v]) => `${id}${v}`) },
    // Of the copies, that of the last run; and no row of any run twice.
    copies: {
      sql: 'SELECT concat(id, v) AS row FROM copies WHERE _millrace_run = (SELECT max(_millrace_run) FROM copies)',
      rows: [...tool.rows].map(([id, v]) => `${id}${v}`),
    },
  }
  for (const [stream, { sql, rows }] of Object.entries(expectations)) {
    const found = await queryRows<{ row: string }>(warehouse, sql.replace(/FROM (\w+)/g, `FROM ${database}.$1`))
    const there = new Set(found.map(({ row }) => row))
    const present = rows.filter((row) => there.has(row)).length
    const extra = there.size - present
    total.expected += rows.length
    total.present += present
    total.doubled += found.length - there.size
    if (extra > 0) total.wrong.push(`${stream} has ${extra} rows that the tool does not have.`)
  }
  const unfinished = await queryRows<{ run: string }>(
    warehouse,
    `SELECT DISTINCT _millrace_run AS run FROM ${database}.copies WHERE run NOT IN (SELECT run FROM millrace.loads WHERE stream = 'copies' AND status = 'succeeded')`,
  )
  if (unfinished.length > 0) total.wrong.push(`copies has rows of ${unfinished.length} runs that did not end well.`)
  const left = await queryRows<{ name: string }>(
    warehouse,
    `SELECT name FROM system.tables WHERE database = '${database}' AND match(name, '__(staging|rebuild)$')`,
  )
  if (left.length > 0) total.wrong.push(`Tables were left over: ${left.map(({ name }) => name).join(', ')}.`)
  return total
}
