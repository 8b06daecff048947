import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestWarehouse, startTestWarehouse } from '#test/fixture/warehouse.ts'
import { ask } from './ask.ts'

// Many at once, large, slow, and gone in the middle.
let warehouse: TestWarehouse
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  await ask(warehouse, 'CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n')
})
afterAll(() => warehouse?.stop())

const login = () => ({ 'X-ClickHouse-User': warehouse.user, 'X-ClickHouse-Key': warehouse.password })

async function processes(): Promise<number> {
  return Number((await ask(warehouse, 'SELECT count() - 1 FROM system.processes')).text)
}
const idle = () => expect.poll(processes, { timeout: 20_000 }).toBe(0)

/** Resident memory of the warehouse's process, in MiB; undefined where there is no /proc. */
async function memory(): Promise<number | undefined> {
  const status = await readFile(`/proc/${warehouse.pid}/status`, 'utf8').catch(() => '')
  const found = /VmRSS:\s+(\d+) kB/.exec(status)
  return found ? Number(found[1]) / 1024 : undefined
}

test('sixty slow queries block neither an insert nor one another for good', async () => {
  const slow = Array.from({ length: 60 }, () => ask(warehouse, 'SELECT sleep(3)'))
  // SHOW does not stand in line with the SELECTs.
  await expect
    .poll(async () => (await ask(warehouse, 'SHOW PROCESSLIST')).text.split('sleep(3)').length, { timeout: 20_000 })
    .toBeGreaterThan(25)
  let done = 0
  for (const query of slow) void query.then(() => done++)
  for (let i = 0; i < 5; i++) expect(await ask(warehouse, `INSERT INTO t FORMAT CSV\n${i},beside`)).toMatchObject({ status: 200 })
  expect(done).toBeLessThan(60)
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(slow.map(() => 200))
  await ask(warehouse, 'TRUNCATE TABLE t')
})

test('hundreds of requests at once are all answered, each with its own', async () => {
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => ask(warehouse, `SELECT ${i}, max(number) FROM numbers(1000)`)))
  expect(answers.map(({ text }) => text)).toEqual(answers.map((_, i) => `${i}\t999\n`))
})

test('a result of 20 million rows streams in bounded memory, to a client that is slow at first', async () => {
  const before = await memory()
  let most = 0
  let rows = 0
  await new Promise<void>((resolve, reject) => {
    const sent = request(warehouse.url, { method: 'POST', headers: login() }, (answer) => {
      answer.pause()
      // While nobody reads, the engine must wait: watch that nothing piles up.
      void sleep(1500).then(() => answer.resume())
      answer.on('data', (chunk: Buffer) => {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows++
      })
      answer.on('end', resolve)
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end("SELECT number, 'some text to make it wider' FROM numbers(20000000) FORMAT CSV")
    const watch = setInterval(async () => (most = Math.max(most, (await memory()) ?? 0)), 200)
    sent.once('close', () => clearInterval(watch))
  })
  expect(rows).toBe(20_000_000)
  // 760 MB went through.
  if (before !== undefined) expect(most - before).toBeLessThan(300)
})

test('an upload of 300 MB streams in bounded memory', async () => {
  await ask(warehouse, 'CREATE TABLE sink (n UInt64, s String) ENGINE = Null')
  const before = await memory()
  let most = 0
  const watch = setInterval(async () => (most = Math.max(most, (await memory()) ?? 0)), 100)
  const block = Buffer.from(Array.from({ length: 10_000 }, (_, i) => `${i},"${'x'.repeat(90)}"\n`).join(''))
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request(
      `${warehouse.url}/?query=${encodeURIComponent('INSERT INTO sink FORMAT CSV')}`,
      { method: 'POST', headers: login() },
      (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode!))
      },
    )
    sent.on('error', reject)
    void (async () => {
      for (let i = 0; i < 300; i++) if (!sent.write(block)) await new Promise((drained) => sent.once('drain', drained))
      sent.end()
    })()
  })
  clearInterval(watch)
  expect(status).toBe(200)
  // The engine's own blocks (a million rows) and its parsers' are the most of it.
  if (before !== undefined) expect(most - before).toBeLessThan(600)
})

test('an upload that breaks off in the middle stores nothing, and leaves nothing running', async () => {
  for (const lines of [1, 5000]) {
    const { port } = new URL(warehouse.url)
    const socket = connect(Number(port), '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    const credentials = Object.entries(login())
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')
    socket.write(
      `POST /?query=${encodeURIComponent('INSERT INTO t FORMAT CSV')} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${credentials}Content-Length: 10000000\r\n\r\n`,
    )
    socket.write(Array.from({ length: lines }, (_, i) => `${i},cut off\n`).join(''))
    await expect.poll(processes, { timeout: 10_000 }).toBe(1)
    socket.destroy()
    await idle()
  }
  expect((await ask(warehouse, 'SELECT count() FROM t')).text).toBe('0\n')
})

test('a batch whose upload breaks off, sent again with its token, is there whole, packed or not', async () => {
  await ask(
    warehouse,
    'CREATE TABLE cut (batch UInt32, n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 1000',
  )
  const { port } = new URL(warehouse.url)
  const query = encodeURIComponent('INSERT INTO cut FORMAT CSV')
  for (let batch = 0; batch < 60; batch++) {
    const rows = batch % 2 === 0 ? 20 : 3000
    const plain = Buffer.from(Array.from({ length: rows }, (_, n) => `${batch},${n}\n`).join(''))
    const packed = batch % 3 === 0 ? undefined : gzipSync(plain)
    const body = packed ?? plain
    const path = `/?insert_deduplication_token=${batch}&query=${query}`
    const headers: Record<string, string> = packed === undefined ? {} : { 'Content-Encoding': 'gzip' }
    const head = Object.entries({ ...login(), ...headers, 'Content-Length': body.length, Host: `127.0.0.1:${port}` })
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
    socket.write(`POST ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
    socket.write(body.subarray(0, Math.floor(body.length * [1, 0.999, 0.9, 0.5][batch % 4]!)))
    await sleep(Math.random() * 20)
    socket.resetAndDestroy()
    expect((await ask(warehouse, body, { path, headers })).status).toBe(200)
    expect((await ask(warehouse, `SELECT uniqExact(n) FROM cut WHERE batch = ${batch}`)).text).toBe(`${rows}\n`)
  }
})

test('a client that is gone in the middle of a result ends its query', async () => {
  const { port } = new URL(warehouse.url)
  for (const wait of [0, 1]) {
    const socket = connect(Number(port), '127.0.0.1')
    const credentials = Object.entries(login())
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')
    const query = encodeURIComponent('SELECT number FROM system.numbers')
    socket.write(`GET /?query=${query}&wait_end_of_query=${wait} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${credentials}\r\n`)
    await expect.poll(processes, { timeout: 10_000 }).toBe(1)
    socket.destroy()
    await idle()
  }
})

test('clients that come and go at random moments leave a warehouse that works', async () => {
  const statements = [
    'SELECT number FROM numbers(3000000) FORMAT JSON',
    'SELECT sum(number) FROM numbers(300000000)',
    "INSERT INTO t SELECT number, 'x' FROM numbers(1000)",
    'INSERT INTO t FORMAT CSV\n' + Array.from({ length: 5000 }, (_, i) => `${i},y\n`).join(''),
    'SELECT 1',
    'SELECT broken(',
  ]
  let seed = 7
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const abort = AbortSignal.timeout(1 + Math.floor(random() * 120))
        const body = statements[Math.floor(random() * statements.length)]!
        await fetch(warehouse.url, { method: 'POST', headers: login(), body, signal: abort })
          .then((answer) => answer.arrayBuffer())
          .catch(() => undefined)
      }),
    )
  }
  await idle()
  const counts = await ask(warehouse, "SELECT countIf(s = 'x') % 1000, countIf(s = 'y') % 5000 FROM t")
  expect(counts.text).toBe('0\t0\n')
  for (let i = 0; i < 120; i++) expect(await ask(warehouse, 'SELECT 1')).toMatchObject({ status: 200, text: '1\n' })
})
