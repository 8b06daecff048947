import type { Table } from '../warehouse/table.ts'

/*
 * The physical tables of the database `events`. Needs ClickHouse 25.8 or newer (`json_type_escape_dots_in_keys`).
 */

const time = "DateTime64(3, 'UTC')"
// Off by default on a plain MergeTree; what makes a repeated insert with the same token a no-op.
const deduplication = { non_replicated_deduplication_window: 10_000 }

/**
 * One row an event. What FINAL merges is a function of what a retry repeats, so a repeated messageId is visible once,
 * whatever its sentAt; the partition too, because FINAL does not look across partitions (see `views.ts`).
 */
export const allTable: Table = {
  kind: 'table',
  name: { database: 'events', table: 'all' },
  comment: 'Every event, once. The views of this database are made from it.',
  columns: [
    { name: 'source', type: 'LowCardinality(String)', comment: 'The source whose write key it came with.' },
    { name: 'type', type: 'LowCardinality(String)', comment: 'track, identify, page, screen, group, alias.' },
    { name: 'event', type: 'LowCardinality(String)', comment: 'Name of a track event in snake_case: its view.' },
    { name: 'day', type: 'Date', comment: "Day of the sender's own timestamp; 1970-01-01 when it sent none." },
    { name: 'message_id', type: 'String' },
    { name: 'event_text', type: 'Nullable(String)', comment: 'Name of a track event as sent.' },
    { name: 'anonymous_id', type: 'Nullable(String)' },
    { name: 'user_id', type: 'Nullable(String)' },
    { name: 'group_id', type: 'Nullable(String)' },
    { name: 'previous_id', type: 'Nullable(String)' },
    { name: 'name', type: 'Nullable(String)', comment: 'Of a page or screen.' },
    { name: 'category', type: 'Nullable(String)', comment: 'Of a page or screen.' },
    { name: 'timestamp', type: time, comment: 'When it happened, corrected where the clocks differ.' },
    { name: 'original_timestamp', type: `Nullable(${time})`, comment: "When it happened, by the sender's clock." },
    { name: 'sent_at', type: `Nullable(${time})`, comment: "When it was sent, by the sender's clock." },
    { name: 'received_at', type: time, comment: 'When the collector took it.' },
    { name: 'properties', type: 'JSON' },
    { name: 'traits', type: 'JSON' },
    { name: 'context', type: 'JSON' },
    { name: 'extra', type: 'String', comment: 'Top-level fields outside the spec, as JSON.' },
  ],
  engine: 'ReplacingMergeTree(received_at)',
  partitionBy: 'toYYYYMM(day)',
  orderBy: ['type', 'event', 'day', 'source', 'message_id'],
  // A wide part has files for each path of its JSON columns and each type seen there: senders that make up names made more of
  // them than a process may open, and no insert went through. What one insert brings stays one file.
  settings: { ...deduplication, min_bytes_for_wide_part: 256 * 1024 * 1024 },
}

export const rejectedTable: Table = {
  kind: 'table',
  name: { database: 'events', table: 'rejected' },
  comment: 'Events that were refused, and why.',
  columns: [
    { name: 'source', type: 'LowCardinality(String)' },
    { name: 'reason', type: 'LowCardinality(String)', comment: 'missing-type, too-large, …' },
    { name: 'id', type: 'String', comment: 'Hash of source, reason and payload.' },
    { name: 'received_at', type: time },
    { name: 'path', type: 'String', comment: 'The field at fault.' },
    { name: 'message', type: 'String' },
    { name: 'type', type: 'String' },
    { name: 'event_text', type: 'String' },
    { name: 'message_id', type: 'String' },
    { name: 'payload', type: 'String', comment: 'As it came, up to 256 KiB.' },
    { name: 'payload_bytes', type: 'UInt64', comment: 'Its whole size.' },
  ],
  engine: 'ReplacingMergeTree(received_at)',
  orderBy: ['source', 'reason', 'id'],
  settings: deduplication,
}

/** A log: an event that is given up twice stands here twice. */
export const undeliveredTable: Table = {
  kind: 'table',
  name: { database: 'events', table: 'undelivered' },
  comment: 'Events that a streaming destination has not got, each time they were given up, and why. They are in events.all.',
  columns: [
    { name: 'destination', type: 'LowCardinality(String)' },
    { name: 'at', type: time, comment: 'When they were given up.' },
    { name: 'code', type: 'LowCardinality(String)', comment: 'event-rejected, backlog-full, …' },
    { name: 'message', type: 'String', comment: "The tool's own words, where it has some." },
    { name: 'message_id', type: 'String', comment: 'Empty where the row is of all events of a time.' },
    { name: 'events', type: 'UInt64', comment: 'How many: 1, or those of a time.' },
    { name: 'received_from', type: time, comment: 'When the first of them was received.' },
    { name: 'received_to', type: time, comment: 'When the last of them was received.' },
  ],
  engine: 'MergeTree',
  orderBy: ['destination', 'at'],
  settings: deduplication,
}

/** A log of what `GET /admin/metrics` tells, a moment at a time. Its names and units are those of `metric-families.ts`. */
export const metricsTable: Table = {
  kind: 'table',
  name: { database: 'events', table: 'metrics' },
  comment:
    "The collector's figures over time: a row a figure and moment. Counters (…_total) only grow, unless its data folder is made anew.",
  columns: [
    { name: 'at', type: time },
    { name: 'spool', type: 'LowCardinality(String)', comment: 'The part of the collector that tells it: their figures add up.' },
    { name: 'metric', type: 'LowCardinality(String)', comment: 'millrace_events_accepted_total, millrace_destination_backlog_events, …' },
    { name: 'source', type: 'LowCardinality(String)', comment: 'Empty where the figure is not of a source.' },
    { name: 'destination', type: 'LowCardinality(String)', comment: 'Empty where the figure is not of a destination.' },
    { name: 'reason', type: 'LowCardinality(String)', comment: 'Code of an error, reason of a drop, or state.' },
    { name: 'value', type: 'Float64' },
  ],
  engine: 'MergeTree',
  partitionBy: 'toYYYYMM(at)',
  orderBy: ['metric', 'source', 'destination', 'at'],
  settings: deduplication,
}

/** What finds a violation again when its event is sent again: so it is counted once, whatever was published in between. */
export const violationsTable: Table = {
  kind: 'table',
  name: { database: 'events', table: 'violations' },
  comment: 'Each rule of a tracking plan that an event broke. It names places, never what stood there.',
  columns: [
    { name: 'source', type: 'LowCardinality(String)' },
    { name: 'plan', type: 'LowCardinality(String)' },
    { name: 'plan_version', type: 'LowCardinality(String)', comment: 'Hash of what the plan said.' },
    { name: 'type', type: 'LowCardinality(String)', comment: 'track, identify, …' },
    { name: 'event_text', type: 'LowCardinality(String)', comment: 'Name of a track event as sent.' },
    { name: 'rule', type: 'LowCardinality(String)', comment: 'unplanned_event, required_missing, …' },
    { name: 'path', type: 'String', comment: 'Place in the event: properties.customer.city.' },
    { name: 'message', type: 'String' },
    { name: 'action', type: 'LowCardinality(String)', comment: 'flag, drop_property, reject.' },
    { name: 'message_id', type: 'String', comment: 'Of the event, in events.all unless it was rejected.' },
    { name: 'received_at', type: time },
  ],
  engine: 'ReplacingMergeTree(received_at)',
  orderBy: ['source', 'rule', 'type', 'event_text', 'path', 'message_id'],
  settings: deduplication,
}

/** What the columns of the views are made of. */
export const seenTable: Table = {
  kind: 'table',
  name: { database: 'events', table: 'seen' },
  comment: 'Every field seen in an event, with the kinds of value it had.',
  columns: [
    { name: 'type', type: 'LowCardinality(String)' },
    { name: 'event', type: 'String' },
    { name: 'field', type: 'LowCardinality(String)', comment: 'properties, traits, context; empty for the event itself.' },
    { name: 'path', type: 'String', comment: "Keys joined by dots; a dot within a key is %2E, as in ClickHouse's JSON type." },
    { name: 'kind', type: 'LowCardinality(String)', comment: 'integer, float, boolean, string, time, date, list, large.' },
    { name: 'first_seen', type: time },
  ],
  engine: 'ReplacingMergeTree',
  orderBy: ['type', 'event', 'field', 'path', 'kind'],
}

export const eventTables = [allTable, rejectedTable, undeliveredTable, violationsTable, metricsTable, seenTable]

/**
 * How lines are to be inserted. Dates stay the strings they were, so that what was sent can be read back; views type
 * them. A key with a dot stays one key, so "a.b" does not collide with b within a. No date of a sender's makes an
 * insert fail (`max_partitions_per_insert_block`).
 */
export const insertSettings = {
  date_time_input_format: 'best_effort',
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
  input_format_skip_unknown_fields: 1,
  json_type_escape_dots_in_keys: 1,
  type_json_skip_duplicated_paths: 1,
  max_partitions_per_insert_block: 0,
} as const
