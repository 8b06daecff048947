import type { EdgeMetrics } from './edge-metrics.ts'
import { metricFamilies } from './metric-families.ts'

/** A collector's figures as lines of JSONEachRow for `events.metrics`. @param spool name of the object that they are of */
export function metricLines(metrics: EdgeMetrics, spool: string): string[] {
  const at = new Date(metrics.at).toISOString()
  return metricFamilies(metrics).flatMap(({ name, samples }) =>
    samples.map(({ labels, value }) => JSON.stringify({ at, spool, metric: name, ...labels, value })),
  )
}
