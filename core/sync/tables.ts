import type { Table } from '../warehouse/table.ts'

/**
 * What each sync knows of the tool, one row a key: the state that the tool acknowledged last, what is
 * in flight, and what it refused. Only the newest `version` counts: read it with FINAL.
 */
export const snapshots: Table = {
  kind: 'table',
  name: { database: 'millrace', table: 'snapshots' },
  columns: [
    { name: 'sync', type: 'LowCardinality(String)' },
    {
      name: 'target',
      type: 'LowCardinality(String)',
      comment: 'destination/object/key column: what was sent elsewhere is no knowledge of this.',
    },
    { name: 'key', type: 'String', comment: 'Value of the match key.' },
    { name: 'version', type: 'UInt64', comment: 'The highest counts.' },
    { name: 'present', type: 'Bool', comment: 'The tool has acknowledged this row and not its deletion.' },
    { name: 'created', type: 'Bool', comment: 'This sync created it there: the only rows that a mirror may delete.' },
    { name: 'hash', type: 'UInt64', comment: 'Of the fields the tool acknowledged.' },
    { name: 'fields', type: 'String', comment: 'The fields the tool acknowledged, JSON.' },
    {
      name: 'in_flight',
      type: 'LowCardinality(String)',
      comment: 'upsert or delete: sent, and the answer not noted. The next run sends it again.',
    },
    { name: 'rejected', type: 'LowCardinality(String)', comment: 'upsert or delete: the tool refused it. The next run tries it again.' },
    { name: 'rejected_fields', type: 'String', comment: 'The fields it refused, JSON.' },
    { name: 'error', type: 'String', comment: 'Why, JSON.' },
    { name: 'attempts', type: 'UInt32', comment: 'How often it was refused in a row.' },
    { name: 'run', type: 'String', comment: 'The run that wrote this.' },
    { name: 'updated_at', type: "DateTime64(3, 'UTC')" },
  ],
  engine: 'ReplacingMergeTree(version)',
  orderBy: ['sync', 'target', 'key'],
  comment: 'Reverse ETL: what each tool has acknowledged.',
}

/** The differences that a plan stands on, until its run has ended (a day, when it was killed). */
export const planned: Table = {
  kind: 'table',
  name: { database: 'millrace', table: 'planned' },
  columns: [
    { name: 'plan', type: 'String' },
    { name: 'operation', type: 'LowCardinality(String)', comment: 'upsert, delete, forget (an obsolete rejection) or none.' },
    { name: 'change', type: 'LowCardinality(String)', comment: 'add, update, delete, unchanged, retry or kept.' },
    { name: 'key', type: 'String' },
    { name: 'copies', type: 'UInt64', comment: 'How many rows of the source have this key.' },
    { name: 'fields', type: 'String', comment: 'What is to be sent, JSON.' },
    { name: 'hash', type: 'UInt64' },
    { name: 'version', type: 'UInt64', comment: 'From here on: the snapshot before.' },
    { name: 'present', type: 'Bool' },
    { name: 'created', type: 'Bool' },
    { name: 'before_hash', type: 'UInt64' },
    { name: 'before', type: 'String' },
    { name: 'in_flight', type: 'LowCardinality(String)' },
    { name: 'rejected', type: 'LowCardinality(String)' },
    { name: 'rejected_fields', type: 'String' },
    { name: 'error', type: 'String' },
    { name: 'attempts', type: 'UInt32' },
    { name: 'planned_at', type: "DateTime('UTC')" },
  ],
  engine: 'MergeTree',
  partitionBy: 'plan',
  orderBy: ['plan', 'operation', 'key'],
  comment: 'Reverse ETL: the rows of the plans at work.',
}

/** One line a run of a sync. */
export const syncLog: Table = {
  kind: 'table',
  name: { database: 'millrace', table: 'sync_log' },
  columns: [
    { name: 'sync', type: 'LowCardinality(String)' },
    { name: 'target', type: 'LowCardinality(String)' },
    { name: 'run', type: 'String' },
    { name: 'status', type: 'LowCardinality(String)', comment: 'succeeded, partial, failed, cancelled.' },
    { name: 'started_at', type: "DateTime64(3, 'UTC')" },
    { name: 'ended_at', type: "DateTime64(3, 'UTC')" },
    { name: 'added', type: 'UInt64', comment: 'Planned.' },
    { name: 'updated', type: 'UInt64', comment: 'Planned.' },
    { name: 'deleted', type: 'UInt64', comment: 'Planned.' },
    { name: 'unchanged', type: 'UInt64' },
    { name: 'retried', type: 'UInt64', comment: 'Planned: rows refused before.' },
    { name: 'accepted', type: 'UInt64', comment: 'Rows the tool took, deletions included.' },
    { name: 'rejected', type: 'UInt64', comment: 'Rows the tool refused.' },
    { name: 'error', type: 'String', comment: 'What stopped the run, JSON.' },
  ],
  engine: 'MergeTree',
  orderBy: ['sync', 'started_at'],
  comment: 'Reverse ETL: one line a run.',
}

export const syncTables: readonly Table[] = [snapshots, planned, syncLog]
