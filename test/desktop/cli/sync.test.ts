import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { millrace } from '#test/fixture/command.ts'
import { makeStack, type TestStack } from '#test/fixture/stack-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { startWebhookTool, type WebhookTool } from '#test/fixture/webhook-tool.ts'

vi.setConfig({ testTimeout: 240_000 })

let server: TestWarehouse
let warehouse: ClickHouseWarehouse
let tool: WebhookTool
let stack: TestStack
beforeAll(async () => {
  server = await startTestWarehouse()
  warehouse = createClickHouse(server)
  tool = await startWebhookTool()
  await warehouse.command('CREATE DATABASE shop')
  await warehouse.command('CREATE TABLE shop.people (id String, email String) ENGINE = MergeTree ORDER BY id')
  await warehouse.command("INSERT INTO shop.people SELECT toString(number), concat('p', toString(number), '@example.com') FROM numbers(20)")
  stack = await makeStack({
    'millrace.yaml': `name: shop\nwarehouse:\n  url: ${server.url}\n  user: ${server.user}\n  password: \${secret:WAREHOUSE_PASSWORD}\n`,
    'destinations/crm.yaml': `connector: webhook\nconfig:\n  url: ${tool.url}\n`,
    'syncs/people.yaml': sync('mirror'),
  })
})
afterAll(async () => {
  await stack?.remove()
  await tool?.stop()
  await warehouse?.close()
  await server?.stop()
})

const sync = (mode: string) =>
  `from: shop.people\ndestination: crm\nobject: contacts\nkey: id\nmode: ${mode}\nfields:\n  id: id\n  email: email\n`

async function run(...args: string[]) {
  const { code, lines, stderr } = await millrace([...args, '--json'], { cwd: stack.path, env: { WAREHOUSE_PASSWORD: server.password } })
  expect(stderr).not.toMatch(/\n\s+at /)
  return { code, result: lines.find((line) => line['type'] === 'result'), lines, stderr }
}

it('plans what a run then does, and sends nothing before', async () => {
  const plan = await run('sync', 'plan', 'people')
  expect(plan.code).toBe(0)
  expect(plan.result).toMatchObject({ counts: { add: 20, update: 0, delete: 0, unchanged: 0, retry: 0 } })
  expect(tool.requests).toHaveLength(0)
  expect((await run('sync', 'run', 'people')).code).toBe(0)
  expect(tool.records.size).toBe(20)
  expect((await run('sync', 'plan', 'people')).result).toMatchObject({ counts: { add: 0, unchanged: 20 } })
})

it('ends with 3 when the tool refuses a row, keeps it, and tries that one alone on retry', async () => {
  await warehouse.command("INSERT INTO shop.people VALUES ('bad', 'nobody'), ('new', 'new@example.com')")
  tool.refuse = (key) => (key === 'bad' ? 'this is no address' : undefined)
  const refused = await run('sync', 'run', 'people')
  expect(refused.code).toBe(3)
  expect(JSON.stringify(refused.lines)).toContain('this is no address')
  expect(tool.records.has('new')).toBe(true)

  tool.refuse = () => undefined
  const before = tool.requests.length
  expect((await run('sync', 'retry', 'people')).code).toBe(0)
  expect(tool.requests.slice(before).flatMap(({ body }) => body.rows?.map((row: { key: string }) => row.key) ?? [body.key])).toEqual([
    'bad',
  ])
  expect(tool.records.has('bad')).toBe(true)
})

it('ends with 1 and sends nothing when the guard stops it', async () => {
  await warehouse.command("DELETE FROM shop.people WHERE email LIKE 'p%'")
  const before = tool.requests.length
  const stopped = await run('sync', 'run', 'people')
  expect(stopped.code).toBe(1)
  expect(JSON.stringify(stopped.lines) + stopped.stderr).toContain('delete-guard')
  expect(tool.requests.slice(before)).toEqual([])
  expect(tool.records.size).toBe(22)
})

it('ends with 1 for a sync that is not there, or whose file is broken: with file, line and mend', async () => {
  const unknown = await run('sync', 'plan', 'persons')
  expect(unknown.code).toBe(1)
  await stack.write('syncs/people.yaml', sync('mirrored'))
  const broken = await millrace(['sync', 'plan', 'people'], { cwd: stack.path, env: { WAREHOUSE_PASSWORD: server.password } })
  expect(broken.code).toBe(1)
  expect(broken.stderr).toMatch(/syncs\/people\.yaml:5/)
})
