import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { destinations } from '#core/connector/destination-registry.ts'
import { sources } from '#core/connector/source-registry.ts'
import { nodeSources } from '#desktop/connector/registry.ts'

const folders = (path: string) =>
  readdirSync(new URL(`../../../${path}/`, import.meta.url), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  )
const names = (connectors: readonly { name: string }[]) => connectors.map(({ name }) => name).toSorted()

test('the registry and the folders name the same connectors', () => {
  expect(names(sources)).toEqual(folders('core/source').toSorted())
  expect(names(nodeSources)).toEqual(folders('desktop/connector').toSorted())
  expect(names(destinations)).toEqual(folders('core/destination').toSorted())
})
