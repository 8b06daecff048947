import type { DestinationMetrics, EdgeMetrics } from './edge-metrics.ts'

/** One figure of a family, and what tells it from the others. */
export interface Sample {
  labels: Partial<Record<'source' | 'destination' | 'reason', string>>
  value: number
}

/**
 * Figures of one name. Names and units follow Prometheus (prometheus.io/docs/practices/naming): base units, counters
 * end in `_total`. They are the same in `GET /admin/metrics` and in `events.metrics`.
 */
export interface Family {
  name: string
  type: 'counter' | 'gauge'
  help: string
  samples: Sample[]
}

type Source = EdgeMetrics['sources'][string]

/** What a collector tells of itself, as named figures. A family without samples is left out. */
export function metricFamilies(metrics: EdgeMetrics): Family[] {
  const { at, spool, flush } = metrics
  const sources = Object.entries(metrics.sources)
  const destinations = Object.entries(metrics.destinations)
  const age = (time: number | undefined) => (time === undefined ? 0 : Math.max(0, (at - time) / 1000))
  const ofSource = (figure: (source: Source) => number | undefined) => named('source', sources, figure)
  const ofDestination = (figure: (destination: DestinationMetrics) => number | undefined) => named('destination', destinations, figure)
  const families: Family[] = [
    gauge('spool_events', 'Rows durable in the spool and not yet acknowledged by the warehouse.', one(spool.events)),
    gauge('spool_bytes', 'Bytes held in the spool, for the warehouse or for a destination.', one(spool.bytes)),
    gauge('spool_max_bytes', 'Bytes past which the collector answers 503.', one(spool.maxBytes)),
    gauge('spool_oldest_age_seconds', 'Age of the oldest row that the warehouse has not; 0 when it has all.', one(age(spool.oldestAt))),
    counter(
      'events_accepted_total',
      'Events answered 200 and bound for events.all.',
      ofSource(({ accepted }) => accepted),
    ),
    counter(
      'events_rejected_total',
      'Events bound for events.rejected.',
      ofSource(({ rejected }) => rejected),
    ),
    counter(
      'events_flushed_total',
      'Of both, acknowledged by the warehouse.',
      ofSource(({ flushed }) => flushed),
    ),
    counter(
      'events_violations_total',
      'Rows bound for events.violations.',
      ofSource(({ violations }) => violations),
    ),
    counter(
      'events_dropped_total',
      'Events answered 200 that only a count is kept of, by reason.',
      sources.flatMap(([source, { dropped }]) =>
        Object.entries(dropped).map(([reason, events]) => ({ labels: { source, reason }, value: events })),
      ),
    ),
    gauge(
      'source_last_event_timestamp_seconds',
      'When the last event of the source was received.',
      ofSource(({ lastAt }) => (lastAt === undefined ? undefined : lastAt / 1000)),
    ),
    counter(
      'requests_refused_total',
      'Requests that were answered with an error, by its code. No source: it was not known.',
      metrics.refused.map(({ source, code, requests }) => ({ labels: { source: source ?? '', reason: code }, value: requests })),
    ),
    counter('flush_batches_total', 'Batches acknowledged by the warehouse.', one(flush.batches)),
    counter('flush_rows_total', 'Rows of them.', one(flush.rows)),
    counter('flush_retries_total', 'Flushes that failed, since the collector started.', one(flush.retries)),
    gauge('flush_failing', '1 while the last flush has failed, by the code of its error.', failing({}, flush.lastError?.code)),
    gauge(
      'destination_state',
      '1 for the state that the destination is in.',
      destinations.map(([destination, { state }]) => ({ labels: { destination, reason: state }, value: 1 })),
    ),
    gauge(
      'destination_backlog_events',
      'Events not yet looked at for the destination, and those that are tried again.',
      ofDestination(({ backlog }) => backlog.events),
    ),
    gauge(
      'destination_backlog_bytes',
      'Bytes of the spool that the destination has not looked at.',
      ofDestination(({ backlog }) => backlog.bytes),
    ),
    gauge(
      'destination_backlog_max_bytes',
      'Bytes past which the oldest become dead letters.',
      ofDestination(({ backlog }) => backlog.maxBytes),
    ),
    gauge(
      'destination_oldest_age_seconds',
      'Age of the oldest event that the destination has not looked at; 0 when it is up to date.',
      ofDestination(({ backlog }) => age(backlog.oldestAt)),
    ),
    counter(
      'destination_delivered_total',
      'Events the tool has.',
      ofDestination(({ delivered }) => delivered),
    ),
    counter(
      'destination_filtered_total',
      'Events that are not for the destination.',
      ofDestination(({ filtered }) => filtered),
    ),
    counter(
      'destination_skipped_total',
      'Events the tool has no place for.',
      ofDestination(({ skipped }) => skipped),
    ),
    counter(
      'destination_rejected_total',
      'Events the tool refused.',
      ofDestination(({ rejected }) => rejected),
    ),
    counter(
      'destination_retried_total',
      'Events tried again, each time.',
      ofDestination(({ retried }) => retried),
    ),
    gauge(
      'destination_dead_events',
      'Events given up, and neither replayed nor dropped.',
      ofDestination(({ dead }) => dead),
    ),
    gauge(
      'destination_replays',
      'Replays of a time range that are not yet done.',
      ofDestination(({ replays }) => replays),
    ),
    gauge(
      'destination_failing',
      '1 while the last delivery has failed, by the code of its error.',
      destinations.flatMap(([destination, { lastError }]) => failing({ destination }, lastError?.code)),
    ),
  ]
  return families.filter(({ samples }) => samples.length > 0)
}

function counter(name: string, help: string, samples: Sample[]): Family {
  return { name: `millrace_${name}`, type: 'counter', help, samples }
}

function gauge(name: string, help: string, samples: Sample[]): Family {
  return { name: `millrace_${name}`, type: 'gauge', help, samples }
}

function named<Value>(
  label: 'source' | 'destination',
  entries: readonly [string, Value][],
  figure: (value: Value) => number | undefined,
): Sample[] {
  return entries.flatMap(([name, value]) => {
    const found = figure(value)
    return found === undefined ? [] : [{ labels: { [label]: name }, value: found }]
  })
}

function failing(labels: Sample['labels'], code: string | undefined): Sample[] {
  return code === undefined ? [] : [{ labels: { ...labels, reason: code }, value: 1 }]
}

function one(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ labels: {}, value }]
}
