import { z } from 'zod'
import type { ReadRequest, SourceMessage, StreamRequest } from '#core/connector/source.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { Json } from '#core/lib/json.ts'
import { fail, ok } from '#core/lib/result.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { didYouMean } from '#core/lib/suggest.ts'
import { pages } from './pages.ts'
import type { Selection, SourceTable, TableAccess } from './table-access.ts'

/**
 * Reads the streams one after the other; a failed one does not end the others.
 *
 * - Full refresh: in the table's order, page by page, with a state after each; a table without an order in one go.
 * - Incremental: by cursor, then by the table's order. The next read begins with the last cursor value again, since
 *   more rows may have got it since; their keys make that no doubles. Rows whose cursor is NULL are read at the first time.
 */
export async function* readTables<Table extends SourceTable>(
  access: TableAccess<Table>,
  request: ReadRequest,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  for (const stream of request.streams) {
    try {
      yield* readTable(access, tableOf(access, stream.name), stream, runtime)
      yield { type: 'done', stream: stream.name, result: ok(undefined) }
    } catch (thrown) {
      runtime.signal.throwIfAborted()
      yield { type: 'done', stream: stream.name, result: fail(toMillraceError(thrown)) }
    }
  }
}

function readTable<Table extends SourceTable>(
  access: TableAccess<Table>,
  table: Table,
  request: StreamRequest,
  runtime: Runtime,
): AsyncIterable<SourceMessage> {
  if (request.mode === 'incremental') return readByCursor(access, table, request, runtime)
  if (table.order.length === 0) return readAtOnce(access, table, { order: [] }, runtime)
  return readWhole(access, table, request, runtime)
}

const wholeState = z.strictObject({ after: z.array(z.json()) })

async function* readWhole<Table extends SourceTable>(
  access: TableAccess<Table>,
  table: Table,
  request: StreamRequest,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  const after = request.state === undefined ? undefined : stateOf(wholeState, request).after
  for await (const page of pages(access, table, { order: table.order, after })) {
    runtime.signal.throwIfAborted()
    yield { type: 'records', stream: request.name, records: page.map(({ record }) => record) }
    yield { type: 'state', stream: request.name, state: { after: page.at(-1)!.position } }
  }
}

/** `after` stands in the states within a read: the place of the last row. */
const cursorState = z.strictObject({ cursor: z.json().optional(), after: z.array(z.json()).optional() })

async function* readByCursor<Table extends SourceTable>(
  access: TableAccess<Table>,
  table: Table,
  request: StreamRequest,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  const column = table.stream.cursorField?.[0]
  if (column === undefined) throw noCursor(table)
  const state = request.state === undefined ? undefined : stateOf(cursorState, request)
  if (state === undefined && request.range === undefined) yield* readAtOnce(access, table, { order: [], isNull: column }, runtime)
  const order = [column, ...table.order.filter((name) => name !== column)]
  const lasts = state?.cursor
  const selection: Selection = {
    order,
    after: state?.after ?? (table.isCursorUnique && lasts !== undefined ? [lasts] : undefined),
    cursor: { column, from: request.range?.from ?? (table.isCursorUnique ? undefined : lasts), to: request.range?.to },
  }
  let cursor = lasts
  const parts = table.order.length === 0 ? access.rows(table, selection) : pages(access, table, selection)
  for await (const page of parts) {
    runtime.signal.throwIfAborted()
    yield { type: 'records', stream: request.name, records: page.map(({ record }) => record) }
    const { position } = page.at(-1)!
    cursor = position[0]
    // Without an order of its own there is no place among the rows of one cursor value to go on from.
    if (table.order.length > 0) yield { type: 'state', stream: request.name, state: { cursor: cursor!, after: position } }
  }
  yield { type: 'state', stream: request.name, state: cursor === undefined ? {} : { cursor } }
}

async function* readAtOnce<Table extends SourceTable>(
  access: TableAccess<Table>,
  table: Table,
  selection: Selection,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  for await (const block of access.rows(table, selection)) {
    runtime.signal.throwIfAborted()
    yield { type: 'records', stream: table.stream.name, records: block.map(({ record }) => record) }
  }
}

function tableOf<Table extends SourceTable>(access: TableAccess<Table>, name: string): Table {
  const table = access.tables.find(({ stream }) => stream.name === name)
  if (table !== undefined) return table
  const known = access.tables.map(({ stream }) => stream.name)
  throw new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `There is no table ${name} in the database, or the user may not read it.`,
    mend: didYouMean(name, known, 'tables'),
  })
}

function stateOf<State>(schema: z.ZodType<State>, { name, state }: { name: string; state?: Json }): State {
  const parsed = schema.safeParse(state)
  if (parsed.success) return parsed.data
  throw new MillraceError({
    code: 'invalid-state',
    fault: 'config',
    message: `The state of ${name} is none of this source: ${z.prettifyError(parsed.error)}`,
    mend: 'Reset the state of the stream: it is read from its beginning then.',
  })
}

function noCursor(table: SourceTable): MillraceError {
  return new MillraceError({
    code: 'no-cursor',
    fault: 'config',
    message: `The table ${table.stream.name} has no cursor column to read it incrementally by.`,
    mend: `Name its column under cursors, or read it with the mode full_refresh_overwrite.`,
  })
}
