import type { SourceMessage } from '#core/connector/source.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import type { MysqlTable } from './catalog.ts'
import { toJson } from './column.ts'
import type { RowChange } from './log-events.ts'

/** Changes that are not told yet, each stream's in order. */
export class LogChanges {
  rows = 0
  rowsSinceState = 0
  private messages = new Map<string, SourceMessage[]>()

  add(table: MysqlTable, { before, after }: RowChange): void {
    const keyBefore = before === undefined ? undefined : keyOf(table, before)
    const keyAfter = after === undefined ? undefined : keyOf(table, after)
    if (keyBefore !== undefined && JSON.stringify(keyBefore) !== JSON.stringify(keyAfter))
      this.push(table.stream.name, 'deletes', keyBefore)
    if (after !== undefined) this.push(table.stream.name, 'records', recordOf(table, after))
  }

  *take(): Generator<SourceMessage> {
    const messages = this.messages
    this.messages = new Map()
    this.rows = 0
    for (const list of messages.values()) yield* list
  }

  private push(stream: string, type: 'records' | 'deletes', item: JsonObject): void {
    const list = this.messages.get(stream) ?? []
    this.messages.set(stream, list)
    const last = list.at(-1)
    if (type === 'records' && last?.type === 'records') last.records.push(item)
    else if (type === 'deletes' && last?.type === 'deletes') last.keys.push(item)
    else list.push(type === 'records' ? { type, stream, records: [item] } : { type, stream, keys: [item] })
    this.rows++
    this.rowsSinceState++
  }
}

function recordOf(table: MysqlTable, row: Record<string, unknown>): JsonObject {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toJson(value, table.columns.get(name))]))
}

function keyOf(table: MysqlTable, row: Record<string, unknown>): JsonObject {
  const missing = table.order.find((name) => row[name] === undefined)
  if (missing !== undefined) {
    throw new MillraceError({
      code: 'key-changed',
      fault: 'config',
      message: `The primary key of ${table.stream.name} was changed: rows of the binary log have no column ${missing}.`,
      mend: 'Refresh the stream: it is read from its beginning.',
    })
  }
  return Object.fromEntries(table.order.map((name) => [name, toJson(row[name], table.columns.get(name))]))
}
