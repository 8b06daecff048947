import { describe } from 'vitest'
import { sources } from '#core/connector/registry.ts'
import { describeSource } from '#test/conformance/source.ts'
import type { Vendor } from '#test/fixture/vendor/server.ts'

/** The sources of one vendor each; what a manifest makes of an API has its own tests, in source/declarative. */
const ofVendors = sources.filter(({ name }) => name !== 'declarative')

const loaded = await Promise.all(
  ofVendors.map(async (source) => {
    const path = new URL(`../../fixture/vendor/${source.name}.ts`, import.meta.url).href
    return { source, makeVendor: ((await import(path)) as { makeVendor: () => Vendor }).makeVendor }
  }),
)

describe.each(loaded.map((each) => [each.source.name, each] as const))('%s', (_name, { source, makeVendor }) => {
  describeSource(source, makeVendor)
})
