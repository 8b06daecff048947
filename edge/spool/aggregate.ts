import type { DestinationMetrics, EdgeMetrics, Refused } from '#core/event/edge-metrics.ts'

type SpoolMetrics = Omit<EdgeMetrics, 'at'>
type SourceMetrics = EdgeMetrics['sources'][string]

/** What several spools tell, as if they were one: counts are sums, times are of the one that is furthest behind or that was last. */
export function aggregate(spools: readonly SpoolMetrics[]): SpoolMetrics {
  const total = (count: (spool: SpoolMetrics) => number) => sum(spools, count)
  return {
    spool: {
      events: total(({ spool }) => spool.events),
      bytes: total(({ spool }) => spool.bytes),
      maxBytes: total(({ spool }) => spool.maxBytes),
      ...given('oldestAt', least(spools.map(({ spool }) => spool.oldestAt))),
    },
    sources: byName(
      spools.map(({ sources }) => sources),
      sumOfSource,
    ),
    flush: {
      batches: total(({ flush }) => flush.batches),
      rows: total(({ flush }) => flush.rows),
      retries: total(({ flush }) => flush.retries),
      ...given('lastAt', most(spools.map(({ flush }) => flush.lastAt))),
      ...given('nextAt', least(spools.map(({ flush }) => flush.nextAt))),
      ...given('lastError', lastError(spools.map(({ flush }) => flush))),
    },
    destinations: byName(
      spools.map(({ destinations }) => destinations),
      sumOfDestination,
    ),
    refused: sumOfRefused(spools.flatMap(({ refused }) => refused)),
  }
}

function sumOfRefused(counts: readonly Refused[]): Refused[] {
  const alike = Map.groupBy(counts, ({ source, code }) => `${code} ${source ?? ''}`)
  return Array.from(alike.values(), (same) => ({ ...same[0]!, requests: sum(same, ({ requests }) => requests) }))
}

function sumOfSource(parts: readonly SourceMetrics[]): SourceMetrics {
  return {
    accepted: sum(parts, ({ accepted }) => accepted),
    rejected: sum(parts, ({ rejected }) => rejected),
    violations: sum(parts, ({ violations }) => violations),
    flushed: sum(parts, ({ flushed }) => flushed),
    dropped: byName(
      parts.map(({ dropped }) => dropped),
      (counts) => sum(counts, (count) => count),
    ),
    ...given('lastAt', most(parts.map(({ lastAt }) => lastAt))),
  }
}

/** The state that says most of what a person has to look at. */
const gravest = ['paused', 'waiting', 'active', 'disabled', 'removed'] as const

function sumOfDestination(parts: readonly DestinationMetrics[]): DestinationMetrics {
  return {
    state: gravest.find((state) => parts.some((part) => part.state === state))!,
    backlog: {
      events: sum(parts, ({ backlog }) => backlog.events),
      bytes: sum(parts, ({ backlog }) => backlog.bytes),
      maxBytes: sum(parts, ({ backlog }) => backlog.maxBytes),
      ...given('oldestAt', least(parts.map(({ backlog }) => backlog.oldestAt))),
    },
    delivered: sum(parts, ({ delivered }) => delivered),
    filtered: sum(parts, ({ filtered }) => filtered),
    skipped: sum(parts, ({ skipped }) => skipped),
    rejected: sum(parts, ({ rejected }) => rejected),
    retried: sum(parts, ({ retried }) => retried),
    dead: sum(parts, ({ dead }) => dead),
    replays: sum(parts, ({ replays }) => replays),
    ...given('lastAt', most(parts.map(({ lastAt }) => lastAt))),
    ...given('nextAt', least(parts.map(({ nextAt }) => nextAt))),
    ...given('lastError', lastError(parts)),
  }
}

function byName<Value>(records: readonly Record<string, Value>[], merge: (values: readonly Value[]) => Value): Record<string, Value> {
  const byName = Map.groupBy(
    records.flatMap((record) => Object.entries(record)),
    ([name]) => name,
  )
  return Object.fromEntries([...byName].map(([name, entries]) => [name, merge(entries.map(([, value]) => value))]))
}

function sum<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((total, item) => total + count(item), 0)
}

function least(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

function most(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

function lastError<Failure extends { at: number }>(parts: readonly { lastError?: Failure | undefined }[]): Failure | undefined {
  return parts
    .map((part) => part.lastError)
    .reduce((last, error) => (error !== undefined && error.at > (last?.at ?? 0) ? error : last), undefined)
}

function given<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>)
}
