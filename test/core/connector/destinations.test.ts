import { describe } from 'vitest'
import { destinations } from '#core/connector/destination-registry.ts'
import type { DestinationExample } from '#core/connector/example.ts'
import { describeDestination } from '#test/conformance/destination.ts'

interface Examples {
  examples: readonly DestinationExample<Record<string, unknown>>[]
}

const loaded = await Promise.all(
  destinations.map(async (destination) => {
    const path = new URL(`../../../core/destination/${destination.name}/examples.ts`, import.meta.url).href
    return { destination, examples: ((await import(path)) as Examples).examples }
  }),
)

/** From the vendors' pages that each folder cites. */
const most: Record<string, { bytes: number; entries: number }> = {
  amplitude: { bytes: 1_000_000, entries: 2_000 },
  ga4: { bytes: 130_000, entries: 25 },
  mixpanel: { bytes: 10_000_000, entries: 2_000 },
  posthog: { bytes: 20_000_000, entries: Infinity },
  segment: { bytes: 500_000, entries: 2_500 },
}

describe.each(loaded.map((each) => [each.destination.name, each] as const))('%s', (_name, { destination, examples }) => {
  describeDestination(destination, examples, {
    anyAnswer: destination.name === 'webhook',
    ...(destination.name in most ? { most: most[destination.name]! } : {}),
  })
})
