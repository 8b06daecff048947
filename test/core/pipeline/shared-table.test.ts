import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryState } from '#test/fixture/memory-state.ts'
import { type Pipeline, startPipeline } from '#test/fixture/pipeline.ts'
import { done, scriptedSource } from '#test/fixture/scripted-source.ts'

let pipeline: Pipeline
beforeAll(async () => {
  pipeline = await startPipeline()
})
afterAll(() => pipeline.stop())

const source = (id: number) =>
  scriptedSource([{ name: 'people', primaryKey: [['id']] }], () => [
    { type: 'records', stream: 'people', records: [{ id }] },
    done('people'),
  ])

test('a table of another source is left alone until it is dropped; a source that was renamed keeps its own', async () => {
  const database = pipeline.freshDatabase()
  const state = memoryState()
  const run = (name: string, id: number, neighbours: string[]) =>
    pipeline.run(database, source(id), {
      sourceName: `${database}_${name}`,
      state,
      neighbours: neighbours.map((other) => `${database}_${other}`),
    })
  const people = () => pipeline.rows(`SELECT id FROM ${database}.people`)
  expect(await run('a', 1, ['b'])).toMatchObject({ status: 'succeeded' })
  for (const mode of ['full_refresh_overwrite', 'incremental_append'] as const) {
    const refused = await pipeline.run(database, source(2), {
      sourceName: `${database}_b`,
      state,
      neighbours: [`${database}_a`],
      streams: { people: { mode } },
    })
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'table-taken', message: expect.stringContaining(`${database}_a`) } })
  }
  expect(await people()).toEqual([{ id: '1' }])
  expect(await run('a', 3, ['b'])).toMatchObject({ status: 'succeeded' })
  // There is no source `a` any more: what it left is the new one's.
  expect(await run('renamed', 4, ['b'])).toMatchObject({ status: 'succeeded' })
  await pipeline.warehouse.command(`DROP TABLE ${database}.people`)
  expect(await run('b', 5, ['renamed'])).toMatchObject({ status: 'succeeded' })
  expect(await run('b', 6, ['renamed'])).toMatchObject({ status: 'succeeded' })
  expect(await people()).toEqual([{ id: '6' }])
})
