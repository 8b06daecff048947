import type { View } from '../warehouse/table.ts'

/*
 * Views of the database `events` that are the same in every warehouse; the others follow from what was seen (`views.ts`).
 */

/** How often each rule of a plan was broken, by day of arrival. */
const violationsByRule: View = {
  kind: 'view',
  name: { database: 'events', table: 'violations_by_rule' },
  comment: 'Violations of tracking plans, counted by day and rule.',
  select: `SELECT toDate(received_at) AS day, source, plan, type, event_text, rule, path, action, count() AS violations,
    uniqExact(message_id) AS events, max(received_at) AS last_seen, argMax(plan_version, received_at) AS last_plan_version,
    argMax(message, received_at) AS last_message
    FROM events.violations FINAL GROUP BY day, source, plan, type, event_text, rule, path, action`,
}

const part = (field: string) =>
  `SELECT type, event, '${field}' AS field, arrayJoin(JSONAllPaths(${field})) AS path, '' AS kind, received_at AS first_at, received_at AS last_at, 1 AS events
    FROM events.all FINAL`

/**
 * Every property that events have had. The kinds of value come from `events.seen`; how many events have it, and since
 * and until when, is counted when it is read, so that an event costs nothing more to write. A condition on type or event
 * is put to both by ClickHouse, and `events.all` is sorted by them.
 */
const schema: View = {
  kind: 'view',
  name: { database: 'events', table: 'schema' },
  comment: 'Every property that events have had: its kinds of value, first and last seen, and how many events have it. Counted when read.',
  select: `SELECT type, event, field, path, arraySort(groupUniqArrayIf(kind, kind != '')) AS kinds, min(first_at) AS first_seen,
    max(last_at) AS last_seen, sum(events) AS count
    FROM (
      SELECT type, event, field, path, kind, first_seen AS first_at, toDateTime64(0, 3, 'UTC') AS last_at, 0 AS events
      FROM events.seen FINAL WHERE path != ''
      UNION ALL ${['properties', 'traits', 'context'].map(part).join(' UNION ALL ')}
    ) GROUP BY type, event, field, path SETTINGS do_not_merge_across_partitions_select_final = 1`,
}

export const standingViews = [violationsByRule, schema]
