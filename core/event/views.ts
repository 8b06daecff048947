import { identifier, literal } from '../warehouse/sql.ts'
import type { View } from '../warehouse/table.ts'
import { pathExpression } from './columns.ts'
import { columnName } from './naming.ts'
import { kinds, type SeenField, type SeenRow } from './seen.ts'

/*
 * The views of the database `events`, with the column names of Segment's and RudderStack's warehouse schemas: one for
 * each call type, one for each track event, and `users`. Columns are flattened from the JSON columns, as far as seen.
 */

const ids = ['message_id AS id', 'anonymous_id', 'user_id']
const times = ['received_at', 'sent_at', 'original_timestamp', 'timestamp']

/** A list reads as the JSON it was, whatever the reader's own settings are. */
const plainJson = 'output_format_json_quote_64bit_integers = 0, output_format_json_escape_forward_slashes = 0'

interface Shape {
  view: string
  columns: string[]
  /** JSON columns that become columns: without a prefix, but for the context. */
  fields: Exclude<SeenField, ''>[]
}

const shapes: Record<string, Shape> = {
  track: { view: 'tracks', columns: [...ids, ...times, 'event', 'event_text', 'source'], fields: ['context'] },
  page: { view: 'pages', columns: [...ids, ...times, 'name', 'category', 'source'], fields: ['properties', 'context'] },
  screen: { view: 'screens', columns: [...ids, ...times, 'name', 'category', 'source'], fields: ['properties', 'context'] },
  identify: { view: 'identifies', columns: [...ids, ...times, 'source'], fields: ['traits', 'context'] },
  group: { view: 'groups', columns: [...ids, ...times, 'group_id', 'source'], fields: ['traits', 'context'] },
  alias: { view: 'aliases', columns: [...ids, ...times, 'previous_id', 'source'], fields: ['traits', 'context'] },
}

/**
 * All views that follow from what has been seen; those of the call types and `users` also when nothing has.
 * @param only limits them to the ones that these sightings concern
 */
export function eventViews(seen: readonly SeenRow[], only?: readonly SeenRow[]): View[] {
  const concerned = only && new Set(only.flatMap(({ type, event }) => (type === 'track' ? ['track', `track ${event}`] : [type])))
  const wanted = (scope: string) => concerned === undefined || concerned.has(scope)
  const views: View[] = []
  for (const [type, shape] of Object.entries(shapes)) {
    if (!wanted(type)) continue
    const condition = `e.type = ${literal(type)}`
    views.push(view(shape.view, shape, condition, merge(seen.filter((row) => row.type === type))))
    if (type === 'identify') views.push(usersView(merge(seen.filter((row) => row.type === 'identify' && row.field === 'traits'))))
  }
  const byEvent = Map.groupBy(
    seen.filter((row) => row.type === 'track' && wanted(`track ${row.event}`)),
    (row) => row.event,
  )
  for (const [event, rows] of byEvent) {
    const shape: Shape = { ...shapes['track']!, fields: ['properties', 'context'] }
    views.push(view(event, shape, `e.type = 'track' AND e.event = ${literal(event)}`, merge(rows)))
  }
  return views
}

/** Kinds seen at one path of one JSON column. */
interface Path {
  field: Exclude<SeenField, ''>
  path: string
  mask: number
}

function merge(rows: readonly SeenRow[]): Path[] {
  const paths = new Map<string, Path>()
  for (const { field, path, kind } of rows) {
    if (field === '' || kind === '') continue
    const key = `${field}.${path}`
    const known = paths.get(key)
    if (known) known.mask |= kinds[kind]
    else paths.set(key, { field, path, mask: kinds[kind] })
  }
  // In an order of their own, so that the same sightings make the same view.
  return [...paths.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
}

function view(name: string, shape: Shape, condition: string, paths: readonly Path[]): View {
  const taken = new Set(shape.columns.map((column) => column.split(' AS ').at(-1)!))
  // The context's names first, so that a property called context_ip gives way.
  const flattened = shape.fields
    .toReversed()
    .map((field) => flatten(paths, field, taken))
    .toReversed()
    .flat()
  const select = [...shape.columns.map(quoted), ...flattened.map(({ sql, column }) => `${sql} AS ${identifier(column)}`)].join(', ')
  return {
    kind: 'view',
    name: { database: 'events', table: name },
    // A repeated message has the same day and so the same partition: FINAL need not compare partitions.
    select: `SELECT ${select} FROM events.all AS e FINAL WHERE ${condition} SETTINGS do_not_merge_across_partitions_select_final = 1, ${plainJson}`,
  }
}

const latest = (sql: string) => `argMax(${sql}, (e.timestamp, e.received_at))`

/** Latest value of every trait of every user. Doubled rows do not change a maximum, so it reads without FINAL. */
function usersView(paths: readonly Path[]): View {
  const taken = new Set(['id', 'received_at', 'anonymous_id', 'first_seen', 'last_seen'])
  const traits = flatten(paths, 'traits', taken).map(({ sql, column }) => `${latest(sql)} AS ${identifier(column)}`)
  const select = [
    'e.user_id AS id',
    'max(e.received_at) AS received_at',
    `${latest('e.anonymous_id')} AS anonymous_id`,
    'min(e.timestamp) AS first_seen',
    'max(e.timestamp) AS last_seen',
    ...traits,
  ].join(', ')
  return {
    kind: 'view',
    name: { database: 'events', table: 'users' },
    select: `SELECT ${select} FROM events.all AS e WHERE e.type = 'identify' AND e.user_id IS NOT NULL GROUP BY e.user_id SETTINGS ${plainJson}`,
  }
}

/**
 * Columns of one JSON column. Paths that come to the same name share a column. One that collides with a column of
 * ours gets an underscore (Segment discards it; nothing here is discarded).
 */
function flatten(paths: readonly Path[], field: Path['field'], taken: Set<string>): { sql: string; column: string }[] {
  const byColumn = Map.groupBy(
    paths.filter((path) => path.field === field),
    ({ path }) => {
      const keys = path.split('.').map((key) => key.replaceAll('%2E', '.'))
      return columnName(field === 'context' ? ['context', ...keys] : keys)
    },
  )
  return [...byColumn].map(([name, sources]) => {
    let column = name
    while (taken.has(column)) column = `_${column}`
    taken.add(column)
    // One type for all of them.
    const mask = sources.reduce((all, source) => all | source.mask, 0)
    const expressions = sources.map(({ path }) => pathExpression(field, path, mask).sql)
    return { column, sql: expressions.length === 1 ? expressions[0]! : `coalesce(${expressions.join(', ')})` }
  })
}

/** `message_id AS id` or `name`, of the table and not of an alias: a property may be called `type` or `timestamp`. */
function quoted(column: string): string {
  const [name, alias = name] = column.split(' AS ')
  return `e.${identifier(name!)} AS ${identifier(alias!)}`
}
