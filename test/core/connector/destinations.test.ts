import { describe } from 'vitest'
import { destinations } from '#core/connector/registry.ts'
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

describe.each(loaded.map((each) => [each.destination.name, each] as const))('%s', (_name, { destination, examples }) => {
  describeDestination(destination, examples, { anyAnswer: destination.name === 'webhook' })
})
