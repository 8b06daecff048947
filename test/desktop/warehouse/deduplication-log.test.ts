import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTestWarehouse } from '#test/fixture/warehouse.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'
import { ask } from './ask.ts'

const insert = (id: number) => `INSERT INTO noted SETTINGS insert_deduplication_token = 'token ${id}' VALUES (${id})`

test('a token whose rows a kill kept from their place is forgotten, and those of rows that are there are not', async () => {
  const folder = tempFolder()
  let warehouse = await startTestWarehouse({ folder })
  await ask(
    warehouse,
    'CREATE TABLE noted (id UInt32) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100, old_parts_lifetime = 1',
  )
  for (const id of [1, 2, 3, 4]) await ask(warehouse, insert(id))
  const [path] = JSON.parse(
    (await ask(warehouse, "SELECT data_paths FROM system.tables WHERE name = 'noted' FORMAT JSONCompactEachRow")).text,
  )[0]
  await ask(warehouse, 'OPTIMIZE TABLE noted FINAL')
  await ask(warehouse, insert(5))
  await warehouse.kill('SIGKILL')

  // As if the kill had come between the note of the token and the part.
  await rm(join(path, 'all_5_5_0'), { recursive: true })
  warehouse = await startTestWarehouse({ folder })
  for (const id of [1, 5, 5]) expect((await ask(warehouse, insert(id))).status).toBe(200)
  expect((await ask(warehouse, 'SELECT groupArray(id) FROM (SELECT id FROM noted ORDER BY id)')).text.trim()).toBe('[1,2,3,4,5]')
  await warehouse.stop()
})
