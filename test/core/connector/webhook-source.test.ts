import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { webhookSources } from '#core/connector/webhook-registry.ts'
import { describeWebhookSource } from '#test/conformance/webhook-source.ts'
import { webhookExamples } from '#test/fixture/webhook-examples.ts'

test('the registry and the folders name the same webhook sources, of three files at most', () => {
  const folder = new URL('../../../core/webhook/', import.meta.url)
  expect(webhookSources.map(({ name }) => name).toSorted()).toEqual(readdirSync(folder).toSorted())
  for (const name of readdirSync(folder)) {
    const files = readdirSync(new URL(`${name}/`, folder))
    expect(files.filter((file) => !['index.ts', 'config.ts', 'examples.ts'].includes(file))).toEqual([])
  }
})

for (const source of webhookSources) describeWebhookSource(source, await webhookExamples(source.name))
