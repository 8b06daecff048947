import type { SourceMessage } from '#core/connector/source.ts'
import type { MillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { type Column, type Table, tableSql } from './catalog.ts'
import { type Connection, quote } from './connect.ts'
import { configFailure, resetMend } from './failure.ts'
import type { Tuple } from './pgoutput.ts'

/** The columns of a table as the log describes them at that point: not always as they are now. */
export type LoggedColumn = Pick<Column, 'name' | 'convert'>

interface Upsert {
  columns: readonly LoggedColumn[]
  values: Tuple
}

type Step = { kind: 'upserts'; upserts: Upsert[] } | { kind: 'deletes'; keys: JsonObject[] } | { kind: 'state'; lsn: bigint }

/** Keys of one query for large values. */
const mostKeys = 200

/**
 * The changes of one stream that were not handed on yet, in their order, with at most one state: the last commit's.
 */
export class PendingChanges {
  private readonly table: Table
  private steps: Step[] = []
  /** Bytes held, roughly. */
  bytes = 0

  constructor(table: Table) {
    this.table = table
  }

  insert(columns: readonly LoggedColumn[], values: Tuple): void {
    const last = this.steps.at(-1)
    if (last?.kind === 'upserts') last.upserts.push({ columns, values })
    else this.steps.push({ kind: 'upserts', upserts: [{ columns, values }] })
    this.bytes += values.reduce((sum, value) => sum + (value?.length ?? 0) + 16, 100)
  }

  /** Another key is another row: the old one is gone. */
  update(columns: readonly LoggedColumn[], old: Tuple | undefined, values: Tuple): void {
    if (old !== undefined) {
      // The old row is whole with REPLICA IDENTITY FULL, else only its key is there and the rest null.
      const isKey = (name: string) => this.table.key.includes(name)
      const isFull = this.table.identity === 'f'
      const filled = values.map((value, index) => (value === undefined && (isFull || isKey(columns[index]!.name)) ? old[index] : value))
      if (columns.some(({ name }, index) => isKey(name) && filled[index] !== old[index])) this.delete(columns, old)
      this.insert(columns, filled)
    } else this.insert(columns, values)
  }

  delete(columns: readonly LoggedColumn[], old: Tuple): void {
    const key: JsonObject = {}
    for (const name of this.table.key) {
      const index = columns.findIndex((column) => column.name === name)
      const value = old[index]
      if (value === undefined || value === null) throw keyLost(this.table.stream, name)
      key[name] = columns[index]!.convert(value)
    }
    const last = this.steps.at(-1)
    if (last?.kind === 'deletes') last.keys.push(key)
    else this.steps.push({ kind: 'deletes', keys: [key] })
    this.bytes += 200
  }

  /** Everything so far is covered by `lsn`: an earlier state among it is of no more use. */
  commit(lsn: bigint): void {
    const merged: Step[] = []
    for (const step of this.steps) {
      const last = merged.at(-1)
      if (step.kind === 'state') continue
      if (step.kind === 'upserts' && last?.kind === 'upserts') for (const upsert of step.upserts) last.upserts.push(upsert)
      else if (step.kind === 'deletes' && last?.kind === 'deletes') for (const key of step.keys) last.keys.push(key)
      else merged.push(step)
    }
    this.steps = [...merged, { kind: 'state', lsn }]
  }

  /** Hands all on as messages, and begins anew. */
  async *flush(connection: Connection, toState: (lsn: bigint) => SourceMessage): AsyncGenerator<SourceMessage> {
    const steps = this.steps
    this.steps = []
    this.bytes = 0
    const stream = this.table.stream
    for (const step of steps) {
      if (step.kind === 'state') yield toState(step.lsn)
      else if (step.kind === 'deletes') yield { type: 'deletes', stream, keys: step.keys }
      else {
        const records = await this.complete(connection, step.upserts)
        if (records.length > 0) yield { type: 'records', stream, records }
      }
    }
  }

  /**
   * A large value that an update left alone is not in the log (PostgreSQL docs, "Logical Replication Message Formats",
   * TupleData: unchanged TOASTed value), nor is a column that the table got since. Both are read from the table as it is now:
   * if they changed since, that change comes later; if the row is gone since, so does the delete, and the update is left out.
   */
  private async complete(connection: Connection, upserts: readonly Upsert[]): Promise<JsonObject[]> {
    const lacking = upserts.filter(({ values }) => values.includes(undefined))
    const found = new Map<string, Record<string, string | null>>()
    for (let start = 0; start < lacking.length; start += mostKeys) {
      for (const row of await this.current(connection, lacking.slice(start, start + mostKeys))) {
        found.set(JSON.stringify(this.table.key.map((name) => row[name])), row)
      }
    }
    return upserts.flatMap((upsert) => {
      const current = upsert.values.includes(undefined) ? found.get(JSON.stringify(this.keyOf(upsert))) : {}
      if (current === undefined) return []
      const record: JsonObject = {}
      for (const [index, { name, convert }] of upsert.columns.entries()) {
        const value = upsert.values[index] === undefined ? current[name] : upsert.values[index]
        record[name] = value === null || value === undefined ? null : convert(value)
      }
      return [record]
    })
  }

  /** `*`, since a column may have been dropped after the update. */
  private current(connection: Connection, upserts: readonly Upsert[]): Promise<Record<string, string | null>[]> {
    const keys = upserts.map((upsert) => this.keyOf(upsert))
    const places = keys.map((key, row) => `(${key.map((_, column) => `$${row * key.length + column + 1}`).join()})`)
    return connection.query(
      `SELECT * FROM ${tableSql(this.table)} WHERE (${this.table.key.map(quote).join()}) IN (${places.join()})`,
      keys.flat(),
    )
  }

  private keyOf({ columns, values }: Upsert): (string | null | undefined)[] {
    return this.table.key.map((name) => values[columns.findIndex((column) => column.name === name)])
  }
}

function keyLost(stream: string, column: string): MillraceError {
  return configFailure(
    'key-changed',
    `The log of ${stream} tells of a row without its key column ${column}: the key of the table was changed.`,
    resetMend,
  )
}
