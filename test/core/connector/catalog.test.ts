import { expect, test } from 'vitest'
import { sources } from '#core/connector/source-registry.ts'
import { unwrap } from '#core/lib/result.ts'
import { catalogDocument } from '#test/conformance/catalog-document.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { vendors } from '#test/fixture/vendor/index.ts'
import { startVendor } from '#test/fixture/vendor/server.ts'

test('core/source/README.md tells the streams, keys, cursors and columns that the sources have', async () => {
  const told = []
  for (const [name, makeVendor] of Object.entries(vendors)) {
    const source = sources.find((candidate) => candidate.name === name)!
    const server = await startVendor(makeVendor())
    try {
      const { streams } = unwrap(await source.discover(source.config.parse(server.vendor.config(server.url)), testRuntime()))
      told.push({ source, streams })
    } finally {
      await server.stop()
    }
  }
  await expect(catalogDocument(told)).toMatchFileSnapshot(new URL('../../../core/source/README.md', import.meta.url).pathname)
})
