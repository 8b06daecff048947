import { z } from 'zod'
import type { SourceMessage, StreamRequest } from '#core/connector/source.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { fail, ok } from '#core/lib/result.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { pages } from '../pages.ts'
import type { TableAccess } from '../table-access.ts'
import type { MysqlTable } from './catalog.ts'
import { toJson } from './column.ts'
import type { MysqlConfig } from './config.ts'
import type { Session } from './connect.ts'
import { logEvents, type RowChange } from './log-events.ts'
import { currentPlace, isBefore, type LogPlace, logPlaceSchema, logPurged, requireLog } from './log-place.ts'
import { effectOf } from './log-statement.ts'

/**
 * A stream that is followed:
 *
 *     new ─▶ snapshot, page by page ─▶ log, from where it ended before the snapshot ─▶ done
 *                     ▲                      │ a column got values in rows that the log does not tell
 *                     └──────────────────────┘
 *
 * What changed while the snapshot was read is told by the log once more, in order: a row ends as it is last.
 */
const followState = z.strictObject({
  ...logPlaceSchema.shape,
  /** The snapshot is not whole: its next page begins behind this row. */
  snapshot: z.strictObject({ after: z.array(z.json()).optional() }).optional(),
})

interface Followed {
  name: string
  place: LogPlace
  snapshot: { after?: Json[] | undefined } | undefined
  isOver: boolean
}

/** Rows after which a state is told, at the next boundary of transactions. */
const rowsPerState = 5000
const rowsPerMessage = 1000

export interface FollowAccess {
  config: MysqlConfig
  session: Session
  /** The tables as they are now. */
  catalog(): Promise<TableAccess & { tables: readonly MysqlTable[] }>
}

/** Reads the streams incrementally by the binary log, up to where it ends when their snapshots are whole. */
export async function* follow(access: FollowAccess, requests: readonly StreamRequest[], runtime: Runtime): AsyncGenerator<SourceMessage> {
  const streams: Followed[] = []
  try {
    await requireLog(access.session)
    const start = await currentPlace(access.session)
    for (const request of requests)
      yield* attempt(request.name, runtime, async function* () {
        streams.push(startOf(request, start))
      })
    do {
      const tables = await access.catalog()
      for (const stream of active(streams)) yield* attempt(stream.name, runtime, () => readSnapshot(stream, tables, runtime), stream)
      const until = await currentPlace(access.session)
      for (const group of groupsOf(active(streams), until)) yield* readLog(access.config, tables.tables, group, until, runtime)
    } while (active(streams).some(({ snapshot }) => snapshot !== undefined))
    for (const stream of active(streams)) yield { type: 'done', stream: stream.name, result: ok(undefined) }
  } catch (thrown) {
    runtime.signal.throwIfAborted()
    const error = toMillraceError(thrown)
    const over = new Set(streams.filter(({ isOver }) => isOver).map(({ name }) => name))
    for (const { name } of requests) if (!over.has(name)) yield { type: 'done', stream: name, result: fail(error) }
  }
}

function active(streams: readonly Followed[]): Followed[] {
  return streams.filter(({ isOver }) => !isOver)
}

/** A failure of one stream's own ends that stream. */
async function* attempt(
  name: string,
  runtime: Runtime,
  work: () => AsyncGenerator<SourceMessage>,
  stream?: Followed,
): AsyncGenerator<SourceMessage> {
  try {
    yield* work()
  } catch (thrown) {
    runtime.signal.throwIfAborted()
    if (stream !== undefined) stream.isOver = true
    yield { type: 'done', stream: name, result: fail(toMillraceError(thrown)) }
  }
}

function startOf({ name, state }: StreamRequest, now: LogPlace): Followed {
  if (state === undefined) return { name, place: now, snapshot: {}, isOver: false }
  const parsed = followState.safeParse(state)
  if (!parsed.success) {
    throw new MillraceError({
      code: 'invalid-state',
      fault: 'config',
      message: `The state of ${name} is none of a read by the binary log: ${z.prettifyError(parsed.error)}`,
      mend: 'Reset the state of the stream: it is read from its beginning then.',
    })
  }
  const { snapshot, ...place } = parsed.data
  return { name, place, snapshot, isOver: false }
}

function stateOf({ name, place, snapshot }: Followed): SourceMessage {
  return { type: 'state', stream: name, state: { ...place, ...(snapshot === undefined ? {} : { snapshot: { ...snapshot } }) } as Json }
}

async function* readSnapshot(stream: Followed, access: TableAccess, runtime: Runtime): AsyncGenerator<SourceMessage> {
  const table = access.tables.find((candidate) => candidate.stream.name === stream.name)
  if (table === undefined) throw goneTable(stream.name)
  if (stream.snapshot === undefined) return
  for await (const page of pages(access, table, { order: table.order, after: stream.snapshot.after }, runtime)) {
    yield { type: 'records', stream: stream.name, records: page.map(({ record }) => record) }
    stream.snapshot = { after: page.at(-1)!.position }
    yield stateOf(stream)
  }
  stream.snapshot = undefined
  yield stateOf(stream)
}

/**
 * Streams whose places can be compared are read together, from the first of them: those of this server's files. A place
 * of another server, before a failover, is known by its GTIDs alone.
 */
function groupsOf(streams: readonly Followed[], now: LogPlace): Followed[][] {
  const groups = Map.groupBy(streams, ({ place }) => (place.server === now.server ? '' : `${place.server} ${place.gtid ?? ''}`))
  return [...groups.values()]
}

async function* readLog(
  config: MysqlConfig,
  tables: readonly MysqlTable[],
  group: readonly Followed[],
  until: LogPlace,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  const first = group.map(({ place }) => place).reduce((a, b) => (isBefore(b, a) ? b : a))
  const isHere = first.server === until.server
  if (!isHere && first.gtid === undefined) throw otherServer()
  const last = group.map(({ place }) => place).reduce((a, b) => (isBefore(a, b) ? b : a))
  if (isHere && isBefore(until, last))
    throw logPurged(`it ends at ${until.file}:${until.position}, before ${last.file}:${last.position}; it was reset.`)
  const pending = new Pending()
  const byName = new Map(group.map((stream) => [stream.name, stream]))
  const columnsOf = new Map(tables.map((table) => [table.stream.name, table]))
  const settle = (place: LogPlace) => {
    for (const stream of active(group)) if (!isHere || isBefore(stream.place, place)) stream.place = { ...place, server: until.server }
  }
  if (!isHere || isBefore(first, until)) {
    for await (const events of logEvents(config, [...byName.keys()], first, until, runtime)) {
      for (const event of events) {
        if (event.type === 'boundary') {
          if (pending.rowsSinceState < rowsPerState) continue
          yield* pending.take()
          settle(event.place)
          pending.rowsSinceState = 0
          for (const stream of active(group)) yield stateOf(stream)
        } else if (event.type === 'rows') {
          const stream = byName.get(event.table)
          if (stream === undefined || stream.isOver || (isHere && isBefore(event.place, stream.place))) continue
          yield* attempt(
            stream.name,
            runtime,
            async function* () {
              for (const change of event.changes) pending.add(columnsOf.get(event.table)!, change)
            },
            stream,
          )
        } else {
          const { replaced, altered } = effectOf(event.sql, event.schema, config.database)
          for (const stream of active(group)) {
            if (isHere && !isBefore(stream.place, event.place)) continue
            if (altered.includes(stream.name)) stream.snapshot = {}
            if (!replaced.includes(stream.name)) continue
            yield* pending.take()
            stream.isOver = true
            yield { type: 'done', stream: stream.name, result: fail(replacedTable(stream.name, event.sql)) }
          }
        }
      }
      if (pending.rows >= rowsPerMessage) yield* pending.take()
    }
  }
  yield* pending.take()
  settle(until)
  for (const stream of active(group)) yield stateOf(stream)
}

/** Changes that are not told yet, each stream's in order. */
class Pending {
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

function goneTable(name: string): MillraceError {
  return new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `There is no table ${name} in the database, or the user may not read it.`,
    mend: 'Correct streams in the source file.',
  })
}

function replacedTable(name: string, sql: string): MillraceError {
  return new MillraceError({
    code: 'table-replaced',
    fault: 'config',
    message: `The rows of ${name} changed without the binary log telling which: ${sql.slice(0, 200)}`,
    mend: 'Refresh the stream: it is read from its beginning.',
  })
}

function otherServer(): MillraceError {
  return new MillraceError({
    code: 'other-server',
    fault: 'config',
    message: 'Another server answers now than the one whose binary log was followed, and its places are not known by GTIDs.',
    mend: 'Refresh the streams: they are read from their beginning. With gtid_mode = ON a server can take the place of another.',
  })
}
