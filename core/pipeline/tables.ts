import type { Table } from '../warehouse/table.ts'

/**
 * The load log: what each run put where, and the cursor that covers it. One row when a stream
 * begins, one per checkpoint after its rows were acknowledged, one when it ends. It is the witness
 * that lets a run which was killed be completed or undone (see recover.ts).
 */
export const loads: Table = {
  kind: 'table',
  name: { database: 'millrace', table: 'loads' },
  columns: [
    { name: 'at', type: "DateTime64(3, 'UTC')", comment: 'When this line was written.' },
    { name: 'source', type: 'LowCardinality(String)' },
    { name: 'stream', type: 'LowCardinality(String)' },
    { name: 'run', type: 'String', comment: 'The run, as in _millrace_run of the rows.' },
    { name: 'status', type: 'LowCardinality(String)', comment: 'begun, committed, staged, swapping, succeeded, failed, undone.' },
    { name: 'mode', type: 'LowCardinality(String)' },
    { name: 'target', type: 'String', comment: 'database.table that the rows went to.' },
    { name: 'last_id', type: 'UInt64', comment: 'Rows of the run up to this _millrace_id are covered.' },
    { name: 'rows', type: 'UInt64', comment: 'Rows written: in committed and staged since the line before, at the end in all.' },
    { name: 'row_errors', type: 'UInt64', comment: 'Of these, rows with a value that did not fit.' },
    { name: 'rows_deleted', type: 'UInt64', comment: 'Of these, rows that the source told to be deleted.' },
    { name: 'rows_discarded', type: 'UInt64', comment: 'Rows left out by the schema setting of the stream.' },
    { name: 'values_discarded', type: 'UInt64', comment: 'Values left out by it.' },
    {
      name: 'attempt',
      type: 'String',
      comment: 'The run that began to read the stream from its beginning, when this run is a part of that.',
    },
    { name: 'state_version', type: 'UInt64', comment: 'Version of the state as committed; 0 where it is not.' },
    { name: 'state', type: 'String', comment: 'The cursor that covers the rows, as JSON; empty when there is none.' },
    { name: 'changes', type: 'Array(String)', comment: 'What was altered in the table, and what was left out of which field.' },
    { name: 'error', type: 'String' },
  ],
  engine: 'MergeTree',
  orderBy: ['source', 'stream', 'at'],
  settings: { non_replicated_deduplication_window: 1000 },
  comment: 'The load log of ETL: one line a checkpoint.',
}
