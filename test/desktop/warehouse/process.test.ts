import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { startService } from '#desktop/host/service.ts'
import { type TestWarehouse, startTestWarehouse } from '#test/fixture/warehouse.ts'
import { ask } from './ask.ts'

// The warehouse as a process: how it starts, shares, stops, and what is left when it is killed.
const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-warehouse-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function start(options: Parameters<typeof startTestWarehouse>[0] = {}): Promise<TestWarehouse> {
  const warehouse = await startTestWarehouse(options)
  cleanups.push(() => warehouse.stop())
  return warehouse
}

const program = new URL('../../../desktop/warehouse/index.ts', import.meta.url).pathname

test('what was acknowledged is there after kill -9, and nothing is half there', async () => {
  const folder = await folderOf()
  let warehouse = await start({ folder })
  await ask(warehouse, 'CREATE TABLE kept (round UInt32, n UInt32) ENGINE = MergeTree ORDER BY (round, n)')
  const acknowledged = new Map<number, number>()
  let round = 0
  for (let kills = 0; kills < 5; kills++) {
    const killed = new AbortController()
    const writers = Array.from({ length: 4 }, async () => {
      while (!killed.signal.aborted) {
        const own = round++
        const rows = Array.from({ length: 200 }, (_, n) => `${own},${n}\n`).join('')
        const answer = await ask(warehouse, 'INSERT INTO kept FORMAT CSV\n' + rows).catch(() => undefined)
        if (answer?.status === 200) acknowledged.set(own, 200)
      }
    })
    await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan((kills + 1) * 10)
    await warehouse.kill('SIGKILL')
    killed.abort()
    await Promise.all(writers)
    warehouse = await start({ folder })
  }
  const { text } = await ask(warehouse, 'SELECT round, count(), uniqExact(n) FROM kept GROUP BY round FORMAT CSV')
  const present = new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(',').map(Number))
      .map(([own, count, unique]) => [own!, [count!, unique!]]),
  )
  for (const [own, count] of acknowledged) expect([own, present.get(own)]).toEqual([own, [count, count]])
  for (const [own, counts] of present) expect([own, counts]).toEqual([own, [200, 200]])
})

test('tables, views and the password outlive a restart', async () => {
  const folder = await folderOf()
  const first = await start({ folder })
  await ask(first, 'CREATE DATABASE shop')
  await ask(first, 'CREATE TABLE shop.orders (id UInt32, data JSON) ENGINE = MergeTree ORDER BY id')
  await ask(first, 'CREATE VIEW shop.totals AS SELECT count() AS c, sum(data.price::UInt32) AS s FROM shop.orders')
  await ask(first, 'INSERT INTO shop.orders FORMAT JSONEachRow\n{"id":1,"data":{"price":5}}\n{"id":2,"data":{"price":7}}')
  await first.stop()
  const second = await start({ folder })
  expect(second.password).toBe(first.password)
  expect((await ask(second, 'SELECT * FROM shop.totals FORMAT CSV')).text).toBe('2,12\n')
})

test('the folder and its password are for their owner only', async () => {
  const warehouse = await start()
  expect((await stat(join(warehouse.folder, 'password'))).mode & 0o777).toBe(0o600)
  expect((await readFile(join(warehouse.folder, 'password'), 'utf8')).trim()).toBe(warehouse.password)
  expect(warehouse.password.length).toBeGreaterThanOrEqual(32)
})

test('an empty password file lets nobody in: it is made anew', async () => {
  const folder = await folderOf()
  await writeFile(join(folder, 'password'), '')
  const warehouse = await start({ folder })
  expect(warehouse.password.length).toBeGreaterThanOrEqual(32)
  expect(await ask(warehouse, 'SELECT 1', { headers: { 'X-ClickHouse-Key': '' } })).toMatchObject({ status: 403 })
})

test('a folder in use is refused with the number of the process that has it', async () => {
  const warehouse = await start()
  const second = startService({ program, args: ['--folder', warehouse.folder, '--port', '0'] })
  await expect(second).rejects.toMatchObject({
    code: 'warehouse-locked',
    fault: 'config',
    message: expect.stringContaining(String(warehouse.pid)),
  })
  expect((await ask(warehouse, 'SELECT 1')).text).toBe('1\n')
})

test('the lock of a killed process is taken over', async () => {
  const folder = await folderOf()
  const first = await start({ folder })
  await first.kill('SIGKILL')
  const second = await start({ folder })
  expect((await ask(second, 'SELECT 1')).text).toBe('1\n')
})

test('a port that was asked for and is taken is an error; the default one gives way to the next', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  cleanups.push(() => new Promise((resolve) => taken.close(resolve)))
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  const refused = startService({ program, args: ['--folder', await folderOf(), '--port', String(port)] })
  await expect(refused).rejects.toMatchObject({ code: 'port-taken', message: expect.stringContaining(String(port)) })
  const ready: { port: number }[] = []
  for (const folder of [await folderOf(), await folderOf()]) {
    const service = await startService<{ port: number }>({ program, args: ['--folder', folder] })
    cleanups.push(() => service.stop())
    ready.push(service.ready)
  }
  expect(ready[0]!.port).not.toBe(ready[1]!.port)
})

test.each([
  ['no folder', []],
  ['a port that is none', ['--folder', '/tmp/millrace-none', '--port', '99999']],
  ['an option that is not there', ['--folder', '/tmp/millrace-none', '--nope']],
])('wrong usage (%s) is told', async (_, args) => {
  await expect(startService({ program, args })).rejects.toMatchObject({ code: 'usage', mend: expect.stringContaining('--folder') })
})

test('a folder that cannot be made is told', async () => {
  const file = join(await folderOf(), 'file')
  await writeFile(file, '')
  await expect(startService({ program, args: ['--folder', join(file, 'inside'), '--port', '0'] })).rejects.toMatchObject({
    message: expect.stringContaining('inside'),
  })
})

test('a folder with blanks, quotes and accents in its path works, inserts included', async () => {
  const warehouse = await start({ folder: join(await folderOf(), "it's a föld er") })
  await ask(warehouse, 'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a')
  expect(await ask(warehouse, 'INSERT INTO t FORMAT CSV\n1\n2\n')).toMatchObject({ status: 200 })
  expect((await ask(warehouse, 'SELECT sum(a) FROM t')).text).toBe('3\n')
  expect((await ask(warehouse, 'INSERT INTO t FORMAT CSV\nx\n')).text).not.toContain('pipe')
})

test('it ends when its stdin closes: no orphan outlives its parent', async () => {
  const child = spawn(process.execPath, [program, '--folder', await folderOf(), '--port', '0'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve([code, signal])))
  child.stdin.end()
  expect(await exited).toEqual([0, null])
})

test('SIGTERM ends it cleanly, also in the middle of a query', async () => {
  const warehouse = await start()
  const asked = ask(warehouse, 'SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1').then(
    () => 'answered',
    () => 'broken off',
  )
  await expect.poll(async () => Number((await ask(warehouse, 'SELECT count() FROM system.processes')).text)).toBeGreaterThan(1)
  await warehouse.kill('SIGTERM')
  expect(await asked).toBe('broken off')
})
