import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Json } from '#core/lib/json.ts'
import { readManifest } from '#core/source/declarative/manifest/read.ts'
import { streamTypes } from '#core/source/declarative/manifest/stream-types.ts'
import { manifestFaults } from '#core/source/declarative/manifest/validate.ts'
import { shopManifest } from './manifests.ts'

const folder = new URL('stream-manifest/', import.meta.url)
const texts = [shopManifest, ...readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))]

function typesOf(node: Json): string[] {
  if (Array.isArray(node)) return node.flatMap(typesOf)
  if (node === null || typeof node !== 'object') return []
  return [...(typeof node.type === 'string' ? [node.type] : []), ...Object.values(node).flatMap(typesOf)]
}

test('the manifests of the tests use every component of the stream side', () => {
  const used = new Set(texts.flatMap((text) => typesOf(readManifest(text))))
  expect([...streamTypes].filter((type) => !used.has(type))).toEqual([])
})

test('none of them has a fault, but for custom components that are not given', () => {
  const faults = texts.flatMap((text) => manifestFaults(readManifest(text), {}))
  expect(faults.filter(({ reason }) => !/^the component Custom\w+ source_shop\./.test(reason))).toEqual([])
})
