import { MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { type Table, tableSql } from './catalog.ts'
import type { PostgresConfig } from './config.ts'
import { type Connection, quote } from './connect.ts'
import { configFailure, resetMend } from './failure.ts'
import { parseLsn } from './lsn.ts'

/** The position up to which the server may forget the log for our slot; undefined when there is no slot yet. */
export async function findSlot(connection: Connection, config: PostgresConfig): Promise<bigint | undefined> {
  await requireLogical(connection)
  // wal_status is there from 13 on (PostgreSQL docs, "pg_replication_slots").
  const [row] = await connection.query(
    "SELECT s.plugin, s.database = current_database() AS here, s.database, s.confirmed_flush_lsn, to_jsonb(s) ->> 'wal_status' AS status FROM pg_replication_slots s WHERE s.slot_name = $1",
    [config.slot],
  )
  if (row === undefined) return undefined
  if (row.plugin !== 'pgoutput' || row.here !== 't') {
    throw configFailure(
      'slot-of-another',
      `The replication slot "${config.slot}" is one of ${row.database ?? 'physical replication'} with the plugin ${row.plugin ?? 'none'}.`,
      'Give another name as slot.',
    )
  }
  if (row.status === 'lost') {
    throw configFailure(
      'slot-lost',
      `The server removed log that the replication slot "${config.slot}" still needed.`,
      `Run SELECT pg_drop_replication_slot('${config.slot}'); raise max_slot_wal_keep_size or read more often. ${resetMend}`,
    )
  }
  return parseLsn(row.confirmed_flush_lsn!)
}

export async function requireLogical(connection: Connection): Promise<void> {
  const [setting] = await connection.query('SHOW wal_level')
  if (setting!.wal_level === 'logical') return
  throw configFailure(
    'wal-level',
    `The server writes its log with wal_level = ${setting!.wal_level}, which logical replication cannot read.`,
    'Run ALTER SYSTEM SET wal_level = logical; and restart the server (Amazon RDS: rds.logical_replication = 1). Or set replication to none.',
  )
}

/** A new slot: from its position on, every commit is kept for us. It waits for transactions that are running. */
export async function createSlot(connection: Connection, config: PostgresConfig): Promise<bigint> {
  const sql = `SELECT lsn FROM pg_create_logical_replication_slot('${config.slot}', 'pgoutput')`
  if (!config.manage) throw configFailure('no-slot', `There is no replication slot "${config.slot}".`, `Run ${sql};`)
  const [row] = await connection.query(sql)
  return parseLsn(row!.lsn!)
}

/**
 * Sees to it that the publication carries the tables with all their changes. Gives the membership of each table, by its oid:
 * another one when the table was taken out and put in again.
 */
export async function preparePublication(
  connection: Connection,
  config: PostgresConfig,
  tables: readonly Table[],
  version: number,
): Promise<ReadonlyMap<number, number>> {
  const name = quote(config.publication)
  const [found] = await connection.query(
    "SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate AS whole, to_jsonb(p) ->> 'pubviaroot' AS rooted FROM pg_publication p WHERE pubname = $1",
    [config.publication],
  )
  if (found === undefined) {
    // Came with 13 (PostgreSQL docs, "CREATE PUBLICATION").
    const options = version >= 130_000 ? ' WITH (publish_via_partition_root = true)' : ''
    await manage(connection, config, `CREATE PUBLICATION ${name} FOR TABLE ${tables.map(tableSql).join(', ')}${options}`)
  } else {
    if (found.whole !== 't') throw incomplete(config, `ALTER PUBLICATION ${name} SET (publish = 'insert, update, delete, truncate')`)
    if (found.rooted !== 'true' && tables.some(({ kind }) => kind === 'p')) {
      throw incomplete(config, `ALTER PUBLICATION ${name} SET (publish_via_partition_root = true)`)
    }
    const there = await memberships(connection, config, tables)
    const missing = tables.filter(({ oid }) => !there.has(oid))
    if (missing.length > 0) await manage(connection, config, `ALTER PUBLICATION ${name} ADD TABLE ${missing.map(tableSql).join(', ')}`)
  }
  return memberships(connection, config, tables)
}

/** A publication of all tables, or of a schema, has no membership for each: its own oid stands for it. */
async function memberships(
  connection: Connection,
  { publication }: PostgresConfig,
  tables: readonly Table[],
): Promise<Map<number, number>> {
  const rows = await connection.query(
    `SELECT c.oid, coalesce(r.oid, p.oid) AS membership FROM pg_publication_tables t JOIN pg_publication p ON p.pubname = t.pubname
      JOIN pg_namespace n ON n.nspname = t.schemaname JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
      LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid WHERE t.pubname = $1 AND c.oid = ANY ($2::oid[])`,
    [publication, tables.map(({ oid }) => oid)],
  )
  return new Map(rows.map(({ oid, membership }) => [Number(oid), Number(membership)]))
}

function incomplete({ publication }: PostgresConfig, sql: string): MillraceError {
  return configFailure('publication-incomplete', `The publication "${publication}" does not carry all that is read.`, `Run ${sql};`)
}

async function manage(connection: Connection, config: PostgresConfig, sql: string): Promise<void> {
  if (!config.manage) {
    throw configFailure('publication-incomplete', `The publication "${config.publication}" does not carry all that is read.`, `Run ${sql};`)
  }
  try {
    await connection.query(sql)
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== '42501') throw thrown
    throw new MillraceError({
      code: 'no-privilege',
      fault: 'config',
      message: `The publication "${config.publication}" cannot be changed by "${config.user}": ${(thrown as Error).message}.`,
      mend: `As the owner of the tables run: ${sql};`,
      cause: thrown,
    })
  }
}

/**
 * Waits until every transaction that is writing to the tables now has ended. What it wrote is then either visible to the
 * queries that follow, or comes in the log after the position that was asked for before: nothing falls between. Also, a
 * change made before its table was published is in no publication, whenever it commits.
 * A transaction holds its locks until its changes are visible (PostgreSQL docs, "Explicit Locking").
 */
export async function waitForWriters(connection: Connection, tables: readonly Table[], { clock, log, signal }: Runtime): Promise<void> {
  const sql = `SELECT DISTINCT l.virtualtransaction AS id, l.pid FROM pg_locks l
    WHERE l.locktype = 'relation' AND l.granted AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.pid IS DISTINCT FROM pg_backend_pid()
      AND l.relation IN (SELECT t.oid FROM unnest($1::oid[]) AS t(oid) UNION SELECT p.relid FROM unnest($1::oid[]) AS t(oid), pg_partition_tree(t.oid::regclass) AS p)`
  const oids = [tables.map(({ oid }) => oid)]
  const first = await connection.query(sql, oids)
  let waiting = new Set(first.map(({ id }) => id))
  for (let turn = 0; waiting.size > 0; turn++) {
    if (turn === 20)
      log('warn', 'Waiting for transactions that write to the tables to end, before these are read whole.', {
        pids: first.map(({ pid }) => pid),
      })
    await clock.sleep(100, signal)
    const now = new Set((await connection.query(sql, oids)).map(({ id }) => id))
    waiting = new Set([...waiting].filter((id) => now.has(id)))
  }
}

/** The end of the log that is safe on disk: all that was committed before stands below it. */
export async function logEnd(connection: Connection): Promise<bigint> {
  const [row] = await connection.query(
    'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END AS lsn',
  )
  return parseLsn(row!.lsn!)
}
