import { z } from 'zod'
import type { Stream } from '#core/connector/source.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import type { PostgresConfig } from './config.ts'
import { type Connection, quote } from './connect.ts'
import { configFailure } from './failure.ts'
import { nullable, pgTypeSchema, Types, type ValueType } from './type.ts'

const columnSchema = z.object({
  name: z.string(),
  type: z.number(),
  modifier: z.number(),
  dimensions: z.number(),
  notNull: z.boolean(),
  /** Empty, `s` for a stored generated column, `v` for a virtual one. */
  generated: z.string(),
  /** Added with a default: rows from before have a value that no change ever told. */
  filled: z.boolean(),
})

const tableSchema = z.object({
  schema: z.string(),
  name: z.string(),
  oid: z.number(),
  /** `r` table, `p` partitioned, `v` view, `m` materialized view, `f` foreign table. */
  kind: z.string(),
  /** Its changes are in the log: it is neither unlogged nor temporary. */
  isLogged: z.boolean(),
  /** Replica identity: `d` the primary key, `f` the whole row, `i` an index, `n` nothing. */
  identity: z.string(),
  /** The file of the rows: another one after the table was rewritten or truncated. */
  file: z.number().nullable(),
  isReadable: z.boolean(),
  /** Rows estimated for a page of the table. */
  density: z.number(),
  columns: z.array(columnSchema),
  primaryKey: z.array(z.string()),
  /** What the log tells a row by, unless it is the whole row: not a key that is checked late (docs, "REPLICA IDENTITY"). */
  identityKey: z.array(z.string()),
  /** The columns that the publication carries; null while the table is not in it. Lists of columns came with 15. */
  published: z.array(z.string()).nullable(),
  filter: z.string().nullable(),
})

const databaseSchema = z.object({
  version: z.number(),
  tables: z.array(tableSchema).nullable(),
  types: z.array(pgTypeSchema),
})

export interface Column extends z.infer<typeof columnSchema>, ValueType {}

/** A table or view, as a stream sees it. */
export interface Table extends Omit<z.infer<typeof tableSchema>, 'columns'> {
  /** Name of its stream. */
  stream: string
  columns: Column[]
  /** The columns that tell its rows apart; none for a view, and for a table without a key. */
  key: string[]
  /** Its changes can be followed in the write-ahead log. */
  isReplicated: boolean
  cursor: Column | undefined
}

export interface Database {
  /** As `server_version_num`: 160002 for 16.2. */
  version: number
  tables: Table[]
  types: Types
}

/** Everything is asked in one query, since each costs a round trip (PostgreSQL docs, "System Catalogs"). */
const catalogSql = `SELECT jsonb_build_object(
  'version', current_setting('server_version_num')::int,
  'tables', (SELECT jsonb_agg(jsonb_build_object(
    'schema', n.nspname, 'name', c.relname, 'oid', c.oid::bigint, 'kind', c.relkind, 'isLogged', c.relpersistence = 'p', 'identity', c.relreplident, 'isReadable', has_table_privilege(c.oid, 'SELECT'),
    'file', pg_relation_filenode(c.oid)::bigint,
    'density', CASE WHEN c.relpages > 0 AND c.reltuples > 0 THEN c.reltuples / c.relpages ELSE 50 END,
    'columns', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'type', a.atttypid::bigint, 'modifier', a.atttypmod,
        'dimensions', a.attndims, 'notNull', a.attnotnull, 'generated', a.attgenerated, 'filled', a.atthasmissing) ORDER BY a.attnum), '[]')
      FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'primaryKey', coalesce((SELECT jsonb_agg(a.attname ORDER BY k.place) FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(number, place), pg_attribute a
      WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts AND a.attrelid = c.oid AND a.attnum = k.number), '[]'),
    'identityKey', coalesce((SELECT jsonb_agg(a.attname ORDER BY k.place) FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(number, place), pg_attribute a
      WHERE i.indrelid = c.oid AND (i.indisreplident OR c.relreplident = 'd' AND i.indisprimary AND i.indimmediate) AND k.place <= i.indnkeyatts AND a.attrelid = c.oid AND a.attnum = k.number), '[]'),
    'published', (SELECT coalesce(to_jsonb(p) -> 'attnames',
        (SELECT jsonb_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')) FROM pg_publication_tables p WHERE p.pubname = $2 AND p.schemaname = n.nspname AND p.tablename = c.relname),
    'filter', (SELECT to_jsonb(p) ->> 'rowfilter' FROM pg_publication_tables p WHERE p.pubname = $2 AND p.schemaname = n.nspname AND p.tablename = c.relname)
  ) ORDER BY n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')),
  'types', (SELECT jsonb_agg(jsonb_build_object('oid', t.oid::bigint, 'name', t.typname,
      'kind', CASE WHEN t.typtype = 'b' AND t.typcategory = 'A' AND t.typlen = -1 AND t.typdelim = ',' AND t.typsubscript = 'array_subscript_handler'::regproc THEN 'a' ELSE t.typtype END,
      'element', CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END::bigint, 'modifier', t.typtypmod))
    FROM pg_type t WHERE t.typtype IN ('b', 'd'))
)::text AS catalog`

/** Before PostgreSQL 14 a type did not name what reads its elements; the vectors of the system are the only exceptions. */
const olderCatalogSql = catalogSql.replace(
  "t.typsubscript = 'array_subscript_handler'::regproc",
  "t.typname NOT IN ('int2vector', 'oidvector')",
)

/** The tables and views of the schemas, and what their types mean. */
export async function readDatabase(connection: Connection, config: PostgresConfig): Promise<Database> {
  const [server] = await connection.query("SELECT current_setting('server_version_num') AS version")
  const version = Number(server!.version)
  if (version < 120_000) {
    throw configFailure('server-too-old', `The server is PostgreSQL ${Math.floor(version / 10_000)}.`, 'PostgreSQL 12 or newer is needed.')
  }
  await requireSchemas(connection, config)
  const [row] = await connection.query(version < 140_000 ? olderCatalogSql : catalogSql, [config.schemas, config.publication])
  const found = databaseSchema.parse(JSON.parse(row!.catalog!))
  const types = new Types(found.types)
  const tables = (found.tables ?? []).map((table) => toTable(table, types, version, config))
  for (const name of Object.keys(config.cursors)) requireCursor(name, config.cursors[name]!, tables)
  return { version, tables, types }
}

type FoundTable = z.infer<typeof tableSchema>

function toTable(found: FoundTable, types: Types, version: number, config: PostgresConfig): Table {
  const stream = found.schema === 'public' ? found.name : `${found.schema}.${found.name}`
  const key = found.identity === 'i' ? found.identityKey : found.primaryKey
  const isReplicated = config.replication === 'logical' && isFollowable(found, version)
  const columns = found.columns.map((column) => ({ ...column, ...types.of(column.type, column.modifier, column.dimensions) }))
  return {
    ...found,
    stream,
    columns: isReplicated ? columns.filter((column) => isPublished(column, found)) : columns,
    key,
    isReplicated,
    cursor: cursorOf(columns, config.cursors[stream]),
  }
}

/**
 * A publication that held a table without a key in its log would make the server refuse updates and deletes of that table
 * (PostgreSQL docs, "Logical Replication", Publication). Partitioned tables can be published as one from 13 on.
 */
function isFollowable({ kind, isLogged, identity, identityKey, primaryKey }: FoundTable, version: number): boolean {
  const hasKey = identity === 'f' ? primaryKey.length > 0 : identity !== 'n' && identityKey.length > 0
  return isLogged && hasKey && (kind === 'r' || (kind === 'p' && version >= 130_000))
}

/** A column that is not published, as generated ones are not, would be there after the first read, and NULL after the first change. */
function isPublished({ name, generated }: { name: string; generated: string }, { published }: FoundTable): boolean {
  return published === null ? generated === '' : published.includes(name)
}

/** Names that frameworks give to the time of a row's last change. */
const usual = [
  'updated_at',
  'modified_at',
  'last_modified',
  'last_updated',
  'changed_at',
  'updatedat',
  'modifiedat',
  'updated_on',
  'modified_on',
]

function cursorOf(columns: readonly Column[], chosen: string | undefined): Column | undefined {
  if (chosen !== undefined) return columns.find(({ name }) => name === chosen)
  return usual.flatMap((name) => columns.filter((column) => column.name.toLowerCase() === name && column.schema.format === 'date-time'))[0]
}

function requireCursor(stream: string, column: string, tables: readonly Table[]): void {
  const table = tables.find((candidate) => candidate.stream === stream)
  if (table?.columns.some(({ name }) => name === column) === true) return
  const lacks = table === undefined ? `there is no stream "${stream}"` : `the stream "${stream}" has no column "${column}"`
  throw configFailure('unknown-cursor', `A cursor cannot be used: ${lacks}.`, 'Correct cursors in the source file.')
}

async function requireSchemas(connection: Connection, { schemas, user }: PostgresConfig): Promise<void> {
  const rows = await connection.query(
    "SELECT s.name, n.oid IS NOT NULL AS there, coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS usable FROM unnest($1::text[]) AS s(name) LEFT JOIN pg_namespace n ON n.nspname = s.name",
    [schemas],
  )
  for (const { name, there, usable } of rows) {
    if (there !== 't') throw configFailure('no-schema', `The database has no schema "${name}".`, 'Correct schemas in the source file.')
    if (usable !== 't') {
      throw configFailure(
        'no-privilege',
        `The role "${user}" may not use the schema "${name}".`,
        `As its owner run: GRANT USAGE ON SCHEMA ${quote(name!)} TO ${quote(user)};`,
      )
    }
  }
}

export function toStream(table: Table): Stream {
  const properties: JsonObject = {}
  for (const { name, schema, notNull } of table.columns) properties[name] = notNull ? schema : nullable(schema)
  const isIncremental = table.isReplicated || table.cursor !== undefined
  return {
    name: table.stream,
    schema: { type: 'object', properties },
    primaryKey: table.key.map((name) => [name]),
    ...(table.cursor === undefined ? {} : { cursorField: [table.cursor.name] }),
    modes: isIncremental ? ['full-refresh', 'incremental'] : ['full-refresh'],
    ...(table.isReplicated ? { tellsDeletes: true } : {}),
    ...(isResumable(table) ? { resumable: true } : {}),
  }
}

/** Read in an order that can be taken up: by its key, or by its pages. */
export function isResumable({ key, kind }: Table): boolean {
  return key.length > 0 || kind === 'r' || kind === 'm'
}

/** For FROM. Children of a table by inheritance are streams of their own; partitions are not. */
export function tableSql({ schema, name, kind }: Table): string {
  return `${kind === 'r' ? 'ONLY ' : ''}${quote(schema)}.${quote(name)}`
}

export function toRecord(columns: readonly Column[], values: readonly (string | null)[]): JsonObject {
  const record: JsonObject = {}
  for (let index = 0; index < columns.length; index++) {
    const value = values[index]
    const column = columns[index]!
    record[column.name] = value === null || value === undefined ? null : (column.convert(value) satisfies Json)
  }
  return record
}
