import type { EdgeMetrics } from './edge-metrics.ts'
import { type Family, metricFamilies } from './metric-families.ts'

/** The type of the answer (prometheus.io/docs/instrumenting/exposition_formats, "Basic info"). */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/** A collector's figures in Prometheus' text format, version 0.0.4 (…/exposition_formats, "Text format details"). */
export function prometheusText(metrics: EdgeMetrics): string {
  return exposition(metricFamilies(metrics))
}

/** Families as text: HELP and TYPE once each, before the samples; every line ends in a line feed. */
export function exposition(families: readonly Family[]): string {
  return families
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(({ labels, value }) => `${name}${labelled(labels)} ${number(value)}`)
      return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines].map((line) => `${line}\n`).join('')
    })
    .join('')
}

function labelled(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** A backslash and a line feed are escaped everywhere, a double quote in the value of a label. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** As Go's ParseFloat reads it, which has a name of its own for infinity. */
function number(value: number): string {
  return Math.abs(value) === Infinity ? `${value > 0 ? '+' : '-'}Inf` : String(value)
}
