import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EdgeMetrics, edgeMetricsSchema } from '#core/event/edge-metrics.ts'
import type { Family } from '#core/event/metric-families.ts'
import { metricLines } from '#core/event/metric-lines.ts'
import { exposition, prometheusText } from '#core/event/prometheus.ts'

const metrics: EdgeMetrics = edgeMetricsSchema.parse({
  at: 1_700_000_060_000,
  spool: { events: 3, bytes: 900, maxBytes: 1000, oldestAt: 1_700_000_000_000 },
  sources: { web: { accepted: 10, rejected: 2, violations: 1, flushed: 9, dropped: { bot: 4 }, lastAt: 1_700_000_059_500 } },
  flush: { batches: 5, rows: 9, retries: 1, lastError: { code: 'warehouse-unreachable', message: 'away', at: 1 } },
  destinations: {
    crm: {
      state: 'waiting',
      backlog: { events: 7, bytes: 70, maxBytes: 100, oldestAt: 1_700_000_030_000 },
      delivered: 1,
      filtered: 2,
      skipped: 3,
      rejected: 4,
      retried: 5,
      dead: 6,
      replays: 0,
      lastError: { code: 'destination-unavailable', message: 'no', at: 1 },
    },
  },
  refused: [
    { code: 'unknown-key', requests: 8 },
    { source: 'shop', code: 'wrong-signature', requests: 9 },
  ],
})

test('what a collector tells stands under a name, a type and a help of its own', () => {
  const families = parse(prometheusText(metrics))
  const value = (name: string, labels: object = {}) =>
    families.get(name)?.samples.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value
  expect(value('millrace_spool_events')).toBe(3)
  expect(value('millrace_spool_oldest_age_seconds')).toBe(60)
  expect(value('millrace_events_accepted_total', { source: 'web' })).toBe(10)
  expect(value('millrace_requests_refused_total', { source: '', reason: 'unknown-key' })).toBe(8)
  expect(value('millrace_requests_refused_total', { source: 'shop', reason: 'wrong-signature' })).toBe(9)
  expect(value('millrace_flush_failing', { reason: 'warehouse-unreachable' })).toBe(1)
  expect(value('millrace_destination_dead_events', { destination: 'crm' })).toBe(6)
  expect(value('millrace_destination_oldest_age_seconds', { destination: 'crm' })).toBe(30)
  expect(value('millrace_destination_state', { destination: 'crm', reason: 'waiting' })).toBe(1)
  for (const [name, { type, help }] of families) {
    expect(name).toMatch(/^millrace_[a-z_]+$/)
    expect(type).toBe(name.endsWith('_total') ? 'counter' : 'gauge')
    expect(help).not.toBe('')
  }
})

test('what there is none of has no line', () => {
  const text = prometheusText({ ...metrics, sources: {}, destinations: {}, refused: [] })
  expect(text).toContain('millrace_spool_events 3\n')
  expect(text).not.toMatch(/^millrace_(events|source|destination|requests)_/m)
})

test('the warehouse gets the same figures', () => {
  const rows = metricLines(metrics, 'spool-a').map((line) => JSON.parse(line))
  expect(rows).toContainEqual({
    at: '2023-11-14T22:14:20.000Z',
    spool: 'spool-a',
    metric: 'millrace_destination_dead_events',
    destination: 'crm',
    value: 6,
  })
  const samples = [...parse(prometheusText(metrics)).values()].flatMap((family) => family.samples)
  expect(rows.map(({ value }) => value)).toEqual(samples.map(({ value }) => value))
})

test('whatever a label or a help holds, a reader gets it back', () => {
  const text = fc.string({ unit: fc.oneof(fc.constantFrom('\\', '"', '\n', 'n', ' ', '{', '}', ',', '='), fc.string({ unit: 'binary' })) })
  const family = fc.record({
    type: fc.constantFrom('counter' as const, 'gauge' as const),
    help: text,
    samples: fc.array(
      fc.record({
        labels: fc.record({ source: text, reason: text }),
        value: fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(Infinity, -Infinity, 1e21, 5e-324)),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  fc.assert(
    fc.property(fc.array(family, { maxLength: 3 }), (given) => {
      const families: Family[] = given.map((each, index) => ({ ...each, name: `metric_${index}` }))
      const read = parse(exposition(families))
      expect([...read].map(([name, each]) => ({ name, ...each }))).toEqual(
        families.map(({ samples, ...rest }) => ({
          ...rest,
          samples: samples.map(({ labels, value }) => ({ labels, value: value === 0 ? 0 : value })),
        })),
      )
    }),
    { numRuns: 40 },
  )
})

interface Read {
  type: string
  help: string
  samples: { labels: Record<string, string>; value: number }[]
}

/** A reader of the format as prometheus.io/docs/instrumenting/exposition_formats describes it. Throws at whatever that does not allow. */
function parse(text: string): Map<string, Read> {
  const families = new Map<string, Read>()
  if (text === '') return families
  if (!text.endsWith('\n')) throw new Error('The last line has no line feed.')
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) ([^]*)$/.exec(line)
    if (comment !== null) {
      const [, kind, name, rest] = comment
      const family = families.get(name!) ?? { type: '', help: '', samples: [] }
      if (family.samples.length > 0) throw new Error(`${kind} of ${name} comes after its samples.`)
      if (kind === 'HELP') family.help = unescape(rest!)
      else family.type = rest!
      families.set(name!, family)
      continue
    }
    const sample = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$/s.exec(line)
    if (sample === null) throw new Error(`This is no sample: ${line}`)
    const [, name, labels, value] = sample
    families.get(name!)!.samples.push({ labels: labels === undefined ? {} : labelsOf(labels), value: numberOf(value!) })
  }
  return families
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  const pair = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"([,}])/sy
  pair.lastIndex = 1
  for (;;) {
    const found = pair.exec(text)
    if (found === null) throw new Error(`These are no labels: ${text}`)
    labels[found[1]!] = unescape(found[2]!)
    if (found[3] === '}') break
  }
  if (pair.lastIndex !== text.length) throw new Error(`Something follows the labels: ${text}`)
  return labels
}

function unescape(text: string): string {
  return text.replaceAll(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
}

function numberOf(text: string): number {
  const number = text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
  if (Number.isNaN(number)) throw new Error(`This is no number: ${text}`)
  return number === 0 ? 0 : number
}
