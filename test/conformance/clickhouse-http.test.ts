import { execFile } from 'node:child_process'
import { request as httpRequest } from 'node:http'
import { connect as tcp } from 'node:net'
import { promisify } from 'node:util'
import { brotliDecompressSync, deflateSync, gunzipSync, gzipSync, inflateSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestWarehouse, startTestWarehouse } from '#test/fixture/warehouse.ts'

// The HTTP interface as curl, SQL tools and the collector's own requests meet it (docs: HTTP interface).
let warehouse: TestWarehouse
let login: Record<string, string>

beforeAll(async () => {
  warehouse = await startTestWarehouse()
  login = { 'X-ClickHouse-User': warehouse.user, 'X-ClickHouse-Key': warehouse.password }
})
afterAll(() => warehouse?.stop())

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  text: string
}

/** A bare request: unlike fetch it adds no header and unpacks nothing. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer; bare?: boolean } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(warehouse.url)
    const headers = options.bare ? options.headers : { ...login, ...options.headers }
    const sent = httpRequest(
      { hostname, port, path, method: options.method ?? (options.body === undefined ? 'GET' : 'POST'), headers: headers ?? {} },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const body = Buffer.concat(chunks)
          resolve({ status: answer.statusCode!, headers: answer.headers, body, text: body.toString() })
        })
      },
    )
    sent.on('error', reject)
    sent.end(options.body)
  })
}

const q = (sql: string, more: Record<string, string> = {}) => `/?${new URLSearchParams({ query: sql, ...more })}`

describe('health', () => {
  test.each(['/ping', '/replicas_status', '/'])('GET %s answers without credentials', async (path) => {
    expect(await ask(path, { bare: true })).toMatchObject({ status: 200, text: 'Ok.\n' })
  })
  test('HEAD /ping has no body', async () => {
    expect(await ask('/ping', { bare: true, method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  })
  test.each(['/play', '/dashboard', '/nothing'])('GET %s is not there', async (path) => {
    expect((await ask(path)).status).toBe(404)
  })
  test('other methods are refused', async () => {
    expect((await ask('/', { method: 'DELETE' })).status).toBe(405)
  })
})

describe('the query', () => {
  test('in the URL, by GET', async () => {
    const answer = await ask(q('SELECT 1 + 1'))
    expect(answer).toMatchObject({ status: 200, text: '2\n' })
    expect(answer.headers).toMatchObject({
      'content-type': 'text/tab-separated-values; charset=UTF-8',
      'x-clickhouse-format': 'TabSeparated',
      'x-clickhouse-timezone': expect.any(String),
      'x-clickhouse-server-display-name': 'millrace',
      'x-clickhouse-query-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })
  test('in the body, by POST', async () => {
    expect((await ask('/', { body: "SELECT 'é'" })).text).toBe('é\n')
  })
  test('begun in the URL and ended in the body', async () => {
    expect((await ask(q('SELECT'), { body: '42' })).text).toBe('42\n')
  })
  test('by HEAD: the head only', async () => {
    const answer = await ask(q('SELECT 1'), { method: 'HEAD' })
    expect(answer).toMatchObject({ status: 200, text: '' })
  })
  test('GET does not write, POST does', async () => {
    const create = 'CREATE TABLE written (a UInt8, b String) ENGINE = MergeTree ORDER BY a'
    const refused = await ask(q(create))
    expect(refused.text).toContain('READONLY')
    expect(refused.headers['x-clickhouse-exception-code']).toBe('164')
    expect(await ask(q(create), { method: 'POST' })).toMatchObject({ status: 200, text: '' })
    expect((await ask(q("INSERT INTO written VALUES (1, 'x')"))).text).toContain('READONLY')
    expect((await ask(q("INSERT INTO written VALUES (1, 'x')", { readonly: '0' }))).text).toContain('READONLY')
    expect((await ask(q('SELECT count() FROM written'))).text).toBe('0\n')
  })
  test('an INSERT with rows in the URL, in the body, and in both', async () => {
    await ask('/', { body: "INSERT INTO written VALUES (1, 'a'), (2, 'b')" })
    await ask(q('INSERT INTO written VALUES'), { body: "(3, 'c')" })
    await ask(q("INSERT INTO written VALUES (4, 'd'),"), { body: "(5, 'e');\n" })
    await ask(q('INSERT INTO written FORMAT CSV'), { body: '6,"f\ng"\n' })
    await ask(q('INSERT INTO written FORMAT CSV\n7,h'), { body: '8,i' })
    await ask('/', { body: 'INSERT INTO written FORMAT TabSeparated\n9\tj\n10\tk\n' })
    await ask('/', {
      body: Buffer.concat([Buffer.from('INSERT INTO written FORMAT RowBinary\n'), Buffer.from([10, 1, 10]), Buffer.from([13, 1, 32])]),
    })
    const answer = await ask(q('SELECT groupArray((a, b)) FROM (SELECT * FROM written ORDER BY a, b)'))
    expect(answer.text).toBe(
      "[(1,'a'),(2,'b'),(3,'c'),(4,'d'),(5,'e'),(6,'f\\ng'),(7,'h'),(8,'i'),(9,'j'),(10,'\\n'),(10,'k'),(13,' ')]\n".replace(
        "(6,'f\\ng')",
        String.raw`(6,'f\\ng')`.replace('\\\\', '\\'),
      ),
    )
  })
  test('of one megabyte in an IN list, when max_query_size allows it', async () => {
    const list = Array.from({ length: 200_000 }, (_, i) => i).join(',')
    const sql = `SELECT count() FROM numbers(1000) WHERE number IN (${list})`
    const refused = await ask('/', { body: sql })
    expect(refused).toMatchObject({ status: 400 })
    expect(refused.text).toContain('Max query size exceeded')
    expect((await ask('/?max_query_size=10000000', { body: sql })).text).toBe('1000\n')
  })
  test('that is empty, or two, is a bad request', async () => {
    expect(await ask('/', { body: '' })).toMatchObject({ status: 400 })
    expect(await ask('/', { body: ' -- nothing' })).toMatchObject({ status: 400 })
    expect(await ask('/', { body: 'SELECT 1; SELECT 2' })).toMatchObject({ status: 400 })
    expect(await ask('/', { body: 'SELECT 1;' })).toMatchObject({ status: 200, text: '1\n' })
  })
  test('parameters in the URL', async () => {
    expect((await ask(q('SELECT {a:UInt8} + {b:UInt8}', { param_a: '1', param_b: '2' }))).text).toBe('3\n')
    expect((await ask(q('SELECT {s:String}', { param_s: 'a\\tb' }))).text).toBe('a\\tb\n')
  })
})

describe('the format', () => {
  test.each([
    [
      'FORMAT in the query goes before all',
      'SELECT 1 AS x FORMAT JSONEachRow',
      { default_format: 'CSV' },
      { 'X-ClickHouse-Format': 'XML' },
      '{"x":1}\n',
      'application/x-ndjson; charset=UTF-8',
    ],
    [
      'then default_format',
      'SELECT 1 AS x',
      { default_format: 'CSVWithNames' },
      { 'X-ClickHouse-Format': 'XML' },
      '"x"\n1\n',
      'text/csv; charset=UTF-8; header=present',
    ],
    ['then the header', 'SELECT 1 AS x', {}, { 'X-ClickHouse-Format': 'Values' }, '(1)', 'text/plain; charset=UTF-8'],
    [
      'with SETTINGS before it',
      'SELECT 1 AS x SETTINGS max_threads = 1 FORMAT CSV',
      {},
      {},
      '1\n',
      'text/csv; charset=UTF-8; header=absent',
    ],
    [
      'with SETTINGS after it',
      'SELECT 1 AS x FORMAT CSV SETTINGS max_threads = 1',
      {},
      {},
      '1\n',
      'text/csv; charset=UTF-8; header=absent',
    ],
    [
      'of a UNION with SETTINGS',
      'SELECT 1 AS x UNION ALL SELECT 1 SETTINGS max_threads = 1',
      {},
      {},
      '1\n1\n',
      'text/tab-separated-values; charset=UTF-8',
    ],
    ['of a bracketed query', '(SELECT 1 AS x)', { default_format: 'CSV' }, {}, '1\n', 'text/csv; charset=UTF-8; header=absent'],
    [
      'of a bracketed query with settings',
      '(SELECT 1 AS x) SETTINGS max_threads = 1 FORMAT CSV',
      {},
      {},
      '1\n',
      'text/csv; charset=UTF-8; header=absent',
    ],
    [
      'with SETTINGS on both sides',
      'SELECT 1 SETTINGS max_threads = 1 FORMAT CSV SETTINGS max_block_size = 9',
      {},
      {},
      '1\n',
      'text/csv; charset=UTF-8; header=absent',
    ],
    ['behind a comment', 'SELECT 1 -- FORMAT XML\n FORMAT CSV -- ;', {}, {}, '1\n', 'text/csv; charset=UTF-8; header=absent'],
    ['FORMAT in a heredoc', 'SELECT $$a; FORMAT CSV$$', {}, {}, 'a; FORMAT CSV\n', 'text/tab-separated-values; charset=UTF-8'],
    ['a column named format', 'SELECT 1 AS format', {}, {}, '1\n', 'text/tab-separated-values; charset=UTF-8'],
    ['FORMAT in a string', "SELECT 'x FORMAT CSV'", {}, {}, 'x FORMAT CSV\n', 'text/tab-separated-values; charset=UTF-8'],
  ])('%s', async (_, sql, params, headers, text, contentType) => {
    const answer = await ask(q(sql, params as Record<string, string>), { headers: headers as Record<string, string> })
    expect(answer).toMatchObject({ status: 200, text })
    expect(answer.headers['content-type']).toBe(contentType)
  })
  test('every output format of the engine works', async () => {
    const names = (await ask(q('SELECT name FROM system.formats WHERE is_output ORDER BY name'))).text.trim().split('\n')
    // These need a schema or a template of the user's, or one column of a certain kind.
    const special =
      /^(Protobuf|CapnProto|AvroConfluent|Template|RawBLOB|Npy|PNG|GeoJSON|Prometheus|MySQLWire|PostgreSQLWire|ODBCDriver2|FlatBuffers)/
    for (const name of names.filter((known) => !special.test(known))) {
      const answer = await ask(q("SELECT 1 AS a, 'x' AS b", { default_format: name }))
      expect(`${name} ${answer.status} ${answer.status === 200 ? '' : answer.text}`).toBe(`${name} 200 `)
      if (name !== 'Null') expect(answer.body.length, name).toBeGreaterThan(0)
    }
    expect(names.length).toBeGreaterThan(70)
  })
  test('an unknown one is not found', async () => {
    expect(await ask(q('SELECT 1 FORMAT Nonsense'))).toMatchObject({ status: 404 })
    expect(await ask(q('SELECT 1', { default_format: 'CSV; DROP' }))).toMatchObject({ status: 404 })
  })
})

describe('errors', () => {
  test.each([
    ['SELEC 1', 400, '62'],
    ['SELECT 1 +', 400, '62'],
    ['SELECT * FROM nowhere', 404, '60'],
    ['SELECT no_function(1)', 404, '46'],
    ['SELECT no_column', 404, '47'],
    ["SELECT toUInt8('x')", 400, '6'],
    ['SELECT * FROM nowhere.nothing', 404, '81'],
    ['CREATE TABLE x (a Nope) ENGINE = Memory', 404, '50'],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", 500, '358'],
  ])('%s', async (sql, status, code) => {
    const answer = await ask('/', { body: sql })
    expect(answer).toMatchObject({ status, headers: { 'x-clickhouse-exception-code': code, 'content-type': 'text/plain; charset=UTF-8' } })
    expect(answer.text).toMatch(new RegExp(`^Code: ${code}\\. DB::Exception: [\\s\\S]* \\([A-Z_0-9]+\\) \\(version [0-9.]+\\)\\n$`))
    expect(answer.text).not.toMatch(/OUTFILE '|pipe-|query_id:/)
  })
  test('one underway breaks the transfer off, behind the exception block', async () => {
    const sql = 'SELECT number, throwIf(number = 2000000) FROM numbers(10000000) SETTINGS max_threads = 1'
    const { head, body, complete } = await rawGet(q(sql))
    const tag = /x-clickhouse-exception-tag: (\w{16})/i.exec(head)![1]!
    expect(body).toContain(`\r\n__exception__\r\n${tag}\r\nCode: 395. DB::Exception: `)
    expect(body).toMatch(new RegExp(`\\d+ ${tag}\\r\\n__exception__\\r\\n`))
    expect(complete).toBe(false)
  })
})

const basic = (user: string, password: string) => ({ Authorization: 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64') })

describe('credentials', () => {
  test('Basic, headers, and URL parameters let in', async () => {
    const { user, password } = warehouse
    expect((await ask(q('SELECT 1'), { bare: true, headers: basic(user, password) })).text).toBe('1\n')
    expect((await ask(q('SELECT 1'))).text).toBe('1\n')
    expect((await ask(q('SELECT 1', { user, password }), { bare: true })).text).toBe('1\n')
  })
  test('none are asked for, wrong ones refused, and two ways at once too', async () => {
    const none = await ask(q('SELECT 1'), { bare: true })
    expect(none).toMatchObject({
      status: 401,
      headers: { 'x-clickhouse-exception-code': '194', 'www-authenticate': expect.stringContaining('Basic') },
    })
    for (const headers of [
      basic(warehouse.user, 'no'),
      basic('default', warehouse.password),
      basic('default', ''),
      { 'X-ClickHouse-User': warehouse.user },
    ]) {
      expect(await ask(q('SELECT 1'), { bare: true, headers })).toMatchObject({
        status: 403,
        headers: { 'x-clickhouse-exception-code': '516' },
      })
    }
    const { user, password } = warehouse
    expect(await ask(q('SELECT 1', { user, password }))).toMatchObject({ status: 403 })
    expect(await ask(q('SELECT 1'), { bare: true, headers: { Authorization: 'Bearer x' } })).toMatchObject({ status: 403 })
  })
  test('the password is in no answer and no process list', async () => {
    const sql = 'SELECT * FROM system.processes FORMAT JSON'
    expect((await ask(q(sql))).text).not.toContain(warehouse.password)
  })
})

describe('compression', () => {
  const unpack: [string, (packed: Buffer) => Buffer][] = [
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
    ['br', brotliDecompressSync],
    ['zstd', zstdDecompressSync],
  ]
  test.each(unpack)('Accept-Encoding: %s, for small and large', async (name, decode) => {
    for (const rows of [1, 500_000]) {
      const answer = await ask(q(`SELECT number FROM numbers(${rows})`), { headers: { 'Accept-Encoding': name } })
      expect(answer.headers['content-encoding']).toBe(name)
      expect(decode(answer.body).toString().split('\n')).toHaveLength(rows + 1)
    }
  })
  test('lz4 frames out and in', async () => {
    const packed = await ask(q('SELECT number FROM numbers(300000)'), { headers: { 'Accept-Encoding': 'lz4' } })
    expect(packed.headers['content-encoding']).toBe('lz4')
    expect(packed.body.subarray(0, 4)).toEqual(Buffer.from([0x04, 0x22, 0x4d, 0x18]))
    await ask('/', { body: 'CREATE TABLE from_lz4 (n UInt64) ENGINE = MergeTree ORDER BY n' })
    const stored = await ask(q('INSERT INTO from_lz4 FORMAT TabSeparated'), { body: packed.body, headers: { 'Content-Encoding': 'lz4' } })
    expect(stored).toMatchObject({ status: 200 })
    expect((await ask(q('SELECT count(), sum(n) FROM from_lz4'))).text).toBe('300000\t44999850000\n')
  })
  test('none when enable_http_compression is 0, or nothing is accepted', async () => {
    expect(
      (await ask(q('SELECT 1', { enable_http_compression: '0' }), { headers: { 'Accept-Encoding': 'gzip' } })).headers['content-encoding'],
    ).toBeUndefined()
    expect((await ask(q('SELECT 1'))).headers['content-encoding']).toBeUndefined()
  })
  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
  ] as const)('a query in %s', async (name, encode) => {
    expect((await ask('/', { body: encode('SELECT 5'), headers: { 'Content-Encoding': name } })).text).toBe('5\n')
  })
  test('what cannot be unpacked is a bad request', async () => {
    expect((await ask('/', { body: 'SELECT 1', headers: { 'Content-Encoding': 'gzip' } })).status).toBe(400)
    const cut = gzipSync(Buffer.alloc(100_000, 'INSERT')).subarray(0, 60)
    expect((await ask('/', { body: cut, headers: { 'Content-Encoding': 'gzip' } })).status).toBe(400)
    expect((await ask('/', { body: 'SELECT 1', headers: { 'Content-Encoding': 'rot13' } })).status).toBe(501)
  })
  test('a cut-off packed insert stores nothing', async () => {
    await ask('/', { body: 'CREATE TABLE cut (n UInt64) ENGINE = MergeTree ORDER BY n' })
    const rows = gzipSync(Array.from({ length: 50_000 }, (_, i) => `${i}\n`).join(''))
    const answer = await ask(q('INSERT INTO cut FORMAT CSV'), {
      body: rows.subarray(0, rows.length >> 1),
      headers: { 'Content-Encoding': 'gzip' },
    })
    expect(answer.status).toBe(400)
    expect((await ask(q('SELECT count() FROM cut'))).text).toBe('0\n')
  })
  test("ClickHouse's own block compression is refused in words", async () => {
    const answer = await ask(q('SELECT 1', { compress: '1' }))
    expect(answer).toMatchObject({ status: 501 })
    expect(answer.text).toContain('compress')
  })
})

describe('forms', () => {
  test('external tables, with a structure or with types', async () => {
    const form = new FormData()
    form.append('ids', new Blob(['1\tx\n3\ty\n']), 'ids.tsv')
    const params = { query: 'SELECT _1, _2 FROM ids ORDER BY _1', ids_types: 'UInt8,String', ids_format: 'TabSeparated' }
    const answer = await fetch(`${warehouse.url}/?${new URLSearchParams(params)}`, { method: 'POST', headers: login, body: form })
    expect(await answer.text()).toBe('1\tx\n3\ty\n')
    const named = new FormData()
    named.append('query', 'SELECT sum(id) FROM ids')
    named.append('ids_structure', 'id UInt8')
    named.append('ids_format', 'CSV')
    named.append('ids', new Blob(['1\n2\n3\n']), 'ids.csv')
    expect(await (await fetch(warehouse.url, { method: 'POST', headers: login, body: named })).text()).toBe('6\n')
  })
  test('one without a structure is a bad request', async () => {
    const form = new FormData()
    form.append('ids', new Blob(['1\n']), 'ids.csv')
    expect((await fetch(`${warehouse.url}/?query=SELECT+1`, { method: 'POST', headers: login, body: form })).status).toBe(400)
  })
})

const summaryOf = (answer: Answer) => JSON.parse(String(answer.headers['x-clickhouse-summary'])) as Record<string, string>

describe('summary', () => {
  test('of a query, an insert and a command', async () => {
    const asked = summaryOf(await ask(q('SELECT sum(number) FROM numbers(1000) FORMAT JSON')))
    expect(asked).toMatchObject({ read_rows: '1000', read_bytes: '8000', result_rows: '1', written_rows: '0' })
    expect(Number(asked['elapsed_ns'])).toBeGreaterThan(0)
    await ask('/', { body: 'CREATE TABLE summed (a UInt32) ENGINE = MergeTree ORDER BY a' })
    expect(summaryOf(await ask(q('INSERT INTO summed FORMAT CSV'), { body: '1\n2\n3\n' }))).toMatchObject({
      written_rows: '3',
      written_bytes: '12',
    })
  })
})

test('curl and Basic credentials', async () => {
  const { stdout } = await promisify(execFile)('curl', [
    '-sS',
    '-u',
    `${warehouse.user}:${warehouse.password}`,
    warehouse.url,
    '--data-binary',
    'SELECT 7 AS x FORMAT JSONEachRow',
  ])
  expect(stdout).toBe('{"x":7}\n')
})

/** A GET down to the bytes: the head, the unchunked body, and whether the last chunk came. */
function rawGet(path: string): Promise<{ head: string; body: string; complete: boolean }> {
  return new Promise((resolve, reject) => {
    const { port, host } = new URL(warehouse.url)
    const socket = tcp(Number(port), '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      const all = Buffer.concat(chunks).toString('latin1')
      const end = all.indexOf('\r\n\r\n')
      resolve({ head: all.slice(0, end), body: all.slice(end + 4), complete: all.endsWith('0\r\n\r\n') })
    })
    const credentials = Object.entries(login).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${credentials.join('')}\r\n`)
  })
}
