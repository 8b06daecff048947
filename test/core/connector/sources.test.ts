import { describe, expect, test } from 'vitest'
import { sources } from '#core/connector/source-registry.ts'
import { describeSource } from '#test/conformance/source.ts'
import { vendors } from '#test/fixture/vendor/index.ts'

/** The sources of one vendor each; what a manifest makes of an API has its own tests, in source/declarative. */
const ofVendors = sources.filter(({ name }) => name !== 'declarative')

test('each source has a server that behaves as its vendor', () => {
  expect(Object.keys(vendors)).toEqual(ofVendors.map(({ name }) => name))
})

describe.each(ofVendors.map((source) => [source.name, source] as const))('%s', (name, source) => {
  describeSource(source, vendors[name]!)
})
