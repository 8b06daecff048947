import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestWarehouse, startTestWarehouse } from '#test/fixture/warehouse.ts'
import { ask } from './ask.ts'

// Who is kept out, and what a statement may reach.
let warehouse: TestWarehouse
beforeAll(async () => {
  warehouse = await startTestWarehouse()
})
afterAll(() => warehouse?.stop())

describe('web pages', () => {
  test.each([
    ['a name that was made to resolve to 127.0.0.1', { Host: 'evil.example:8123' }],
    ['a loopback name with another port', { Host: 'localhost:1' }],
    ['a Host without a port', { Host: '127.0.0.1' }],
    ['a foreign Origin', { Origin: 'https://evil.example' }],
    ['a loopback page of another port', { Origin: 'http://localhost:3000' }],
    ['a sandboxed page', { Origin: 'null' }],
    ['a cross-site request without an Origin', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a same-site one', { 'Sec-Fetch-Site': 'same-site' }],
  ])('%s is refused, whatever its credentials', async (_, headers) => {
    const port = new URL(warehouse.url).port
    expect(
      await ask(warehouse, 'SELECT 1', { headers: { Host: `127.0.0.1:${port}`, ...(headers as Record<string, string>) } }),
    ).toMatchObject({ status: 403 })
    expect(
      await ask(warehouse, '', { path: '/ping', headers: { Host: `127.0.0.1:${port}`, ...(headers as Record<string, string>) } }),
    ).toMatchObject({ status: 403 })
  })
  test('the address bar and our own origin are not', async () => {
    const port = new URL(warehouse.url).port
    const own: Record<string, string>[] = [
      { Host: `localhost:${port}`, 'Sec-Fetch-Site': 'none' },
      { Host: `[::1]:${port}` },
      { Origin: `http://127.0.0.1:${port}`, 'Sec-Fetch-Site': 'same-origin' },
    ]
    for (const headers of own) expect(await ask(warehouse, 'SELECT 1', { headers })).toMatchObject({ status: 200 })
  })
  test('no answer allows another origin', async () => {
    const answer = await fetch(warehouse.url, { method: 'OPTIONS' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('bytes that are not HTTP', () => {
  test.each([
    '\u0000\u0001\u0002\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST / HTTP/1.1\r\n\r\n',
    'SELECT 1\r\n\r\n',
  ])('%j gets a 4xx', async (bytes) => {
    expect(await raw(bytes)).toMatch(/^HTTP\/1\.1 4\d\d /)
  })
  test('a head of megabytes gets a 4xx', async () => {
    expect(await raw(`GET /?query=${'x'.repeat(3_000_000)} HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(await ask(warehouse, 'SELECT 1')).toMatchObject({ status: 200 })
  })
  test('odd URLs and parameters get a 4xx', async () => {
    for (const path of [
      '/?query=SELECT%201&a%20b=1',
      '/?param_a%27=1&query=SELECT+1',
      '//evil',
      '/?session_id=a&session_timeout=x&query=SELECT+1',
      '/%ff',
    ]) {
      const { status } = await ask(warehouse, '', { path })
      expect([path, status >= 400 && status < 500]).toEqual([path, !path.includes('session_timeout')])
    }
  })
})

describe('files of this machine', () => {
  test.each([
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "SELECT * FROM file('../password', LineAsString)",
    "SELECT file('/etc/passwd')",
    "SELECT * FROM file(concat('/etc/', 'passwd'), LineAsString)",
    'SELECT * FROM `/etc/passwd`',
    "SELECT * FROM '/etc/passwd.csv'",
    'SELECT * FROM default.`/etc/hostname`',
    'SELECT * FROM default."/etc/hostname"',
    'SELECT * FROM numbers(1), default.`/etc/hostname`',
    'SELECT * FROM a.b.`/etc/hostname`',
    "SELECT * FROM url('file:///etc/passwd', LineAsString)",
    "DESCRIBE TABLE file('/etc/passwd')",
    "SELECT * FROM file('x' || '/../../../../etc/passwd', LineAsString)",
    "SELECT * FROM file('x/../../password', LineAsString)",
    "SELECT * FROM url(concat('fi', 'le:///etc/passwd'), LineAsString)",
    "SELECT * FROM urlCluster('c', 'file:///etc/passwd', LineAsString)",
    "CREATE TABLE x (a String) ENGINE = URL('file:///etc/passwd', LineAsString)",
    "SELECT 1 FORMAT Template SETTINGS format_template_resultset = '/etc/passwd'",
    "SELECT 1 SETTINGS format_schema = '/etc/passwd' FORMAT CSV",
    "SELECT * FROM eval('SELECT * FROM file(''/etc/passwd'')')",
    "INSERT INTO FUNCTION file('/tmp/millrace-written.csv', 'CSV', 'a UInt8') SELECT 1",
    "INSERT INTO FUNCTION file('/tmp/millrace-written.csv', 'CSV', 'a UInt8') VALUES (1)",
    "CREATE TABLE x (a String) ENGINE = File(LineAsString, '/etc/passwd')",
    "CREATE TABLE x (a String) ENGINE = SQLite('/tmp/x.db', 't')",
    "CREATE DATABASE x ENGINE = Filesystem('/etc')",
    "SELECT * FROM executable('id', LineAsString, 'a String')",
    "CREATE DICTIONARY d (a UInt8, b String) PRIMARY KEY a SOURCE(FILE(path '/etc/passwd' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "SELECT * FROM sqlite('/etc/passwd', 't')",
    "BACKUP DATABASE default TO File('/tmp/millrace-backup')",
    "SELECT 1 INTO OUTFILE '/tmp/millrace-written.csv'",
    "INSERT INTO x FROM INFILE '/etc/passwd' FORMAT CSV",
    "SELECT /* file( */ * FROM\nFILE ( '/etc/passwd' , LineAsString)",
    "WITH a AS (SELECT * FROM file('/etc/passwd', LineAsString)) SELECT * FROM a",
  ])('%s', async (sql) => {
    const { status, text } = await ask(warehouse, sql)
    expect([status >= 400, text.includes('root:')]).toEqual([true, false])
    expect(text).toMatch(/ACCESS_DENIED|NOT_ALLOWED|UNKNOWN_TYPE_OF_QUERY/)
  })
  test('as the name of a table in a parameter', async () => {
    const answer = await ask(warehouse, 'SELECT * FROM {t:Identifier}', { path: `/?param_t=${encodeURIComponent('/etc/passwd')}` })
    expect(answer).toMatchObject({ status: 403 })
  })
  test('as a parameter or a setting of the request', async () => {
    const path = `/?${new URLSearchParams({ param_f: '/etc/passwd', param_u: 'file:///etc/passwd' })}`
    expect(await ask(warehouse, 'SELECT * FROM file({f:String}, LineAsString)', { path })).toMatchObject({ status: 403 })
    expect(await ask(warehouse, 'SELECT * FROM url({u:String}, LineAsString)', { path })).toMatchObject({ status: 403 })
    const template = `/?${new URLSearchParams({ format_template_resultset: '/etc/passwd' })}`
    expect(await ask(warehouse, 'SELECT 1 FORMAT Template', { path: template })).toMatchObject({ status: 403 })
  })
  test('the user_files folder is open, both ways', async () => {
    expect(await ask(warehouse, "INSERT INTO FUNCTION file('out.csv', 'CSV', 'a UInt8') SELECT number FROM numbers(3)")).toMatchObject({
      status: 200,
    })
    expect((await ask(warehouse, "SELECT sum(a) FROM file('out.csv', 'CSV', 'a UInt8')")).text).toBe('3\n')
  })
  test('statements that only look alike are served', async () => {
    expect((await ask(warehouse, "SELECT 'file(''/etc/passwd'')' AS `/x`, 1 AS file")).text).toBe("file(\\'/etc/passwd\\')\t1\n")
    const json = `SELECT t.j.\`/etc/passwd\`, t.j.a.\`~/b\`.:Int64 FROM (SELECT '{"/etc/passwd":1,"a":{"~/b":2}}'::JSON AS j) AS t`
    expect((await ask(warehouse, json)).text).toBe('1\t2\n')
    expect(await ask(warehouse, 'CREATE TABLE files (file String, url String) ENGINE = MergeTree ORDER BY file')).toMatchObject({
      status: 200,
    })
    expect(await ask(warehouse, "INSERT INTO files (file, url) VALUES ('/etc/passwd', 'file:///etc/passwd')")).toMatchObject({
      status: 200,
    })
    expect(
      (await ask(warehouse, "SELECT file FROM files WHERE url LIKE 'https://%' OR url = 'file:///x' OR file = '/etc/passwd'")).text,
    ).toBe('/etc/passwd\n')
  })
})

test.each(['SYSTEM SHUTDOWN', 'system kill', 'SYSTEM /* */ SUSPEND FOR 1 SECOND'])('%s does not end the process', async (sql) => {
  expect(await ask(warehouse, sql)).toMatchObject({ status: 403 })
  expect(await ask(warehouse, 'SELECT 1')).toMatchObject({ status: 200 })
})

test('a query_id that a header could not carry is a bad request; one in any script comes back', async () => {
  expect(await ask(warehouse, 'SELECT 1', { path: '/?query_id=a%0Ab' })).toMatchObject({ status: 400 })
  expect(await ask(warehouse, 'SELECT number FROM numbers(1000000)', { path: '/?query_id=%C3%A9%E6%BC%A2%20*%2F' })).toMatchObject({
    status: 200,
  })
})

/** The first bytes of the answer to these bytes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(warehouse.url).port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    socket.write(bytes)
  })
}
