import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { destinations, sources } from '#core/connector/registry.ts'

const folders = (kind: string) =>
  readdirSync(new URL(`../../../core/${kind}/`, import.meta.url), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  )
const names = (connectors: readonly { name: string }[]) => connectors.map(({ name }) => name).toSorted()

test('the registry and the folders name the same connectors', () => {
  expect(names(sources)).toEqual(folders('source').toSorted())
  expect(names(destinations)).toEqual(folders('destination').toSorted())
})
