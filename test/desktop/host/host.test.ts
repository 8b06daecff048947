import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Client, createClient } from '#core/host/client.ts'
import type { Job } from '#core/host/contract.ts'
import { createHttpTransport } from '#core/host/http-transport.ts'
import { createMemoryTransport } from '#core/host/memory-transport.ts'
import { systemClock } from '#core/lib/runtime.ts'
import { startHttpServer } from '#desktop/host/http/server.ts'
import { type OpenOptions, type OpenStack, openStack } from '#desktop/host/open-stack.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

const token = 'crm_token_3f9a"&x'

let warehouse: TestWarehouse
let api: { url: string; close(): void }

beforeAll(async () => {
  warehouse = await startTestWarehouse()
  api = await startApi()
})
afterAll(async () => {
  api.close()
  await warehouse.stop()
})

/** A CRM that repeats the token it was given in what it answers, as some do. `/slow` never answers. */
async function startApi() {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost')
    if (url.pathname === '/slow') return
    if (url.pathname === '/token') return renewToken(request, response)
    const given = request.headers.authorization?.replace('Bearer ', '')
    if (url.pathname === '/refuse' || given !== token) {
      response.writeHead(401, { 'content-type': 'application/json' })
      return response.end(
        JSON.stringify({ error: `The token ${given} is not valid`, url: `https://crm.example/?token=${encodeURIComponent(given ?? '')}` }),
      )
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    return response.end(
      JSON.stringify({
        items: [
          { id: 1, email: 'a@example.com', score: 7 },
          { id: 2, email: 'b@example.com', score: 9 },
        ],
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Refresh tokens of the CRM that were used: each is good for one use, and the answer has the next. */
const refreshed: string[] = []

async function renewToken(request: IncomingMessage, response: ServerResponse) {
  const form = new URLSearchParams(await text(request))
  const given = form.get('refresh_token')!
  const isLive = given === `refresh_token_${refreshed.length}`
  if (isLive) refreshed.push(given)
  response.writeHead(isLive ? 200 : 400, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify(
      isLive
        ? { access_token: token, refresh_token: `refresh_token_${refreshed.length}`, expires_in: 0 }
        : { error: 'invalid_grant', given },
    ),
  )
}

const manifest = (path: string) => `
version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [people] }
streams:
  - type: DeclarativeStream
    name: people
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{ config['url'] }}"
        path: ${path}
        http_method: GET
        authenticator: { type: BearerAuthenticator, api_token: "{{ config['token'] }}" }
      record_selector:
        type: RecordSelector
        extractor: { type: DpathExtractor, field_path: [items] }
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { id: { type: integer }, email: { type: string }, score: { type: integer } } }
`

function stackFiles(database: string): Record<string, string> {
  // Each has a database of its own: both have a stream of this name.
  const source = (path: string, into = database) => `kind: etl
connector: declarative
database: ${into}
config:
  manifest: manifests/${path}.yaml
  config: { url: '${api.url}', token: '\${secret:CRM_TOKEN}' }
`
  return {
    'millrace.yaml': `name: test
warehouse: { url: '${warehouse.url}', user: '${warehouse.user}', password: '\${secret:WAREHOUSE_PASSWORD}' }
`,
    'sources/crm.yaml': source('people'),
    'sources/refused.yaml': source('refuse', `refused_${database}`),
    'manifests/people.yaml': manifest('/people'),
    'manifests/refuse.yaml': manifest('/refuse'),
    'sources/website.yaml': 'kind: sdk\nwrite_key: website_key\n',
    [`models/${database}_good.sql`]: `/*\nmaterialized: table\n*/\nSELECT id, email, score FROM source('crm', 'people') WHERE score > 8\n`,
  }
}

function writeStack(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-host-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

interface Opened {
  stack: OpenStack
  client: Client
  folder: string
  logs: string[]
}

let count = 0
async function open(
  change: { files?: Record<string, string>; options?: Partial<OpenOptions> } = {},
): Promise<Opened & { database: string }> {
  const database = `crm_${++count}`
  const folder = writeStack({ ...stackFiles(database), ...change.files })
  const logs: string[] = []
  const stack = await openStack({
    stackFolder: folder,
    variables: { WAREHOUSE_PASSWORD: warehouse.password, CRM_TOKEN: token },
    live: true,
    edge: undefined,
    log: (level, message, facts) => logs.push(JSON.stringify({ level, message, facts })),
    ...change.options,
  })
  onTestFinished(() => stack.close())
  return { stack, client: createClient(createMemoryTransport(stack.host)), folder, logs, database }
}

async function run(client: Client, job: Job) {
  const { runId } = await client.call('run.start', { job })
  await expect.poll(async () => (await client.call('run.get', { runId })).run.endedAt, { timeout: 30_000 }).toBeDefined()
  return client.call('run.get', { runId })
}

describe('jobs', () => {
  it('go from an API to a table to a model, and into the run log of the warehouse', async () => {
    const { client, database } = await open()
    expect(await run(client, { kind: 'source', name: 'crm' })).toMatchObject({
      run: { status: 'succeeded', counts: { rows_read: 2, rows_written: 2 } },
      steps: [{ name: 'crm.people', status: 'succeeded', counts: { rows_written: 2 } }],
    })
    const models = await run(client, { kind: 'models' })
    expect(models).toMatchObject({ run: { status: 'succeeded' }, steps: [{ name: `model ${database}_good`, counts: { rows: 1 } }] })
    const query = async (sql: string) => (await client.call('sql.run', { sql, queryId: 'q' })).rows
    expect(await query(`SELECT email FROM models.${database}_good`)).toEqual([['b@example.com']])
    await expect
      .poll(() => query(`SELECT job, status FROM millrace.runs FINAL WHERE id = '${models.run.id}'`))
      .toEqual([['models', 'succeeded']])
  })

  it('find the files of a location in the folder of the stack', async () => {
    const { client } = await open({
      files: {
        'sources/sheets.yaml': `kind: etl
connector: files
config: { location: data, streams: { people: { files: '*.csv', format: csv } } }
`,
        'data/people.csv': 'id,name\n1,Ada\n',
      },
    })
    expect(await client.call('source.read', { name: 'sheets', stream: 'people', limit: 5 })).toMatchObject({
      records: [{ id: 1, name: 'Ada' }],
    })
    expect(await run(client, { kind: 'source', name: 'sheets' })).toMatchObject({
      run: { status: 'succeeded', counts: { rows_written: 1 } },
    })
  })

  it('say which of their parts failed, and go on with the others', async () => {
    const { client } = await open()
    const { run: ended, steps } = await run(client, { kind: 'all' })
    expect(ended).toMatchObject({ status: 'partial' })
    expect(steps.find((step) => step.name === 'crm.people')?.status).toBe('succeeded')
    expect(steps.find((step) => step.name === 'refused.people')).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('401') },
    })
    expect(steps.find((step) => step.name.startsWith('model '))?.status).toBe('succeeded')
  })

  it('of two sources that want one table leave it to the one that has it', async () => {
    const twin = `kind: etl\nconnector: declarative\ndatabase: crm_${count + 1}\nconfig:\n  manifest: manifests/people.yaml\n  config: { url: '${api.url}', token: '\${secret:CRM_TOKEN}' }\n`
    const { client } = await open({ files: { 'sources/twin.yaml': twin } })
    const { run: ended, steps } = await run(client, { kind: 'all' })
    expect(ended).toMatchObject({ status: 'partial' })
    expect(steps.find((step) => step.name === 'crm.people')?.status).toBe('succeeded')
    expect(steps.find((step) => step.name === 'twin.people')).toMatchObject({ status: 'failed', error: { code: 'table-taken' } })
  })

  it('are cancelled in the middle of a request', async () => {
    const files = stackFiles('crm_slow')
    const { client } = await open({
      files: {
        'sources/slow.yaml': files['sources/crm.yaml']!.replace('people.yaml', 'slow.yaml'),
        'manifests/slow.yaml': manifest('/slow'),
      },
    })
    const { runId } = await client.call('run.start', { job: { kind: 'source', name: 'slow' } })
    await expect.poll(async () => (await client.call('run.get', { runId })).run.status).toBe('running')
    await client.call('run.cancel', { runId })
    await expect.poll(async () => (await client.call('run.get', { runId })).run.status, { timeout: 20_000 }).toBe('cancelled')
  })

  it('that name nothing of the stack are refused at once', async () => {
    const { client } = await open()
    await expect(client.call('run.start', { job: { kind: 'source', name: 'crn' } })).rejects.toMatchObject({
      code: 'unknown-source',
      mend: expect.stringContaining('crm'),
    })
    await expect(client.call('run.start', { job: { kind: 'sync', name: 'x' } })).rejects.toMatchObject({ code: 'unknown-sync' })
    const { run: webhook } = await run(client, { kind: 'source', name: 'website' })
    expect(webhook).toMatchObject({ status: 'failed', error: { code: 'unknown-source', message: expect.stringContaining('sdk') } })
  })

  it('read, discover and check a source without writing anything', async () => {
    const { client, database } = await open()
    expect(await client.call('source.check', { name: 'crm' })).toEqual({})
    expect((await client.call('source.discover', { name: 'crm' })).streams).toMatchObject([{ name: 'people', primaryKey: [['id']] }])
    expect((await client.call('source.read', { name: 'crm', stream: 'people', limit: 1 })).records).toMatchObject([
      { id: 1, email: 'a@example.com' },
    ])
    await expect(client.call('source.check', { name: 'refused' })).rejects.toMatchObject({ message: expect.stringContaining('401') })
    const tables = (await client.call('sql.schema', {})).tables.filter((table) => table.database === database)
    expect(tables).toEqual([])
  })
})

it('makes the snippet of an SDK source, in which a secret is by name', async () => {
  const files = {
    'sources/shop.yaml': 'kind: sdk\nwrite_key: ${secret:CRM_TOKEN}\nfirst_party: { path: /shop }\n',
    'sources/wrong.yaml': 'kind: sdk\nwrite_key: wrong_key\nfirst_party: { path: /admin }\n',
  }
  const { client: without } = await open({ files })
  await expect(without.call('source.snippet', { name: 'shop' })).rejects.toMatchObject({ code: 'no-edge' })
  const edge = 'edge: { url: https://events.example/, admin_token: "${secret:CRM_TOKEN}" }\n'
  const { client } = await open({ files: { ...files, 'millrace.yaml': stackFiles('x')['millrace.yaml']! + edge } })
  const website = await client.call('source.snippet', { name: 'website' })
  expect(website).toEqual({ html: expect.stringContaining('"https://events.example/a/website_key.js"') })
  const shop = await client.call('source.snippet', { name: 'shop' })
  expect(shop).toEqual({ html: expect.stringContaining('"https://events.example/shop/CRM_TOKEN.js"'), secret: 'CRM_TOKEN' })
  expect(JSON.stringify(shop)).not.toContain(token)
  await expect(client.call('source.snippet', { name: 'crm' })).rejects.toMatchObject({ code: 'wrong-source' })
  await expect(client.call('source.snippet', { name: 'none' })).rejects.toMatchObject({ code: 'unknown-source' })
  await expect(client.call('source.snippet', { name: 'wrong' })).rejects.toMatchObject({
    code: 'invalid-setting',
    at: { file: 'sources/wrong.yaml', field: 'first_party.path' },
  })
})

it('lists transforms that are broken too, and tries an unsaved one for what it is', async () => {
  const { client } = await open({
    files: {
      'sources/shop.yaml': 'kind: sdk\nwrite_key: shop_write_key\ntransforms: [keep]\n',
      'transforms/keep.ts': '// timeout_ms: 300\nexport function transform(events: object[]) {\n  return events\n}\n',
      'transforms/uncompiled.ts': 'export function transform(events {',
      'transforms/unread.ts': '// timeout_ms: soon\nexport function transform() {}\n',
    },
  })
  expect((await client.call('transform.list', {})).transforms).toEqual([
    { name: 'keep', path: 'transforms/keep.ts', sources: ['shop'], fetch: [], timeout: 300, hash: expect.stringMatching(/^[a-f\d]{64}$/) },
    { name: 'uncompiled', path: 'transforms/uncompiled.ts', sources: [], fetch: [], timeout: 1000 },
    { name: 'unread', path: 'transforms/unread.ts', sources: [], fetch: [] },
  ])
  const events = [{ type: 'track', event: 'Seen', userId: 'u' }]
  const text = 'export function transform(events: any[]) {\n  return events.map((event) => ({ ...event, event: event.event + "!" }))\n}\n'
  const tried = await client.call('transform.test', { name: 'keep', text, events, source: 'elsewhere' })
  expect(tried).toMatchObject({ results: [{ source: 'elsewhere', after: [{ event: 'Seen!' }] }], elapsed: expect.any(Number) })
  expect(tried.elapsed).toBeGreaterThan(0)
  await expect(client.call('transform.test', { name: 'keep', text: `${text}import 'fs'\n`, events })).rejects.toMatchObject({
    code: 'broken-stack',
    at: { file: 'transforms/keep.ts', line: 4 },
  })
})

it('lists destinations with whether events are streamed to them, and says why it does not know how that fares', async () => {
  const files = {
    'destinations/rows.yaml': 'connector: webhook\nconfig: { url: https://tool.example/ }\n',
    'destinations/stream.yaml': 'description: Events.\nconnector: webhook\nconfig: { url: https://tool.example/ }\nevents: {}\n',
    'syncs/people.yaml': 'from: shop.people\ndestination: rows\nobject: people\nkey: id\nfields: { id: id }\n',
  }
  const { client: without } = await open({ files })
  const listed = await without.call('destination.list', {})
  expect(listed.destinations.filter(({ name }) => name === 'rows' || name === 'stream')).toEqual([
    { name: 'rows', path: 'destinations/rows.yaml', connector: 'webhook', syncs: ['people'], streams: false },
    { name: 'stream', path: 'destinations/stream.yaml', description: 'Events.', connector: 'webhook', syncs: [], streams: true },
  ])
  expect(listed.edgeError).toBeUndefined()
  await expect(without.call('destination.dead', { name: 'stream' })).rejects.toMatchObject({ code: 'no-edge' })
  const edge = 'edge: { url: "http://127.0.0.1:9/", admin_token: "${secret:CRM_TOKEN}" }\n'
  const { client } = await open({ files: { ...files, 'millrace.yaml': stackFiles('x')['millrace.yaml']! + edge } })
  expect((await client.call('destination.list', {})).edgeError).toMatchObject({ code: 'edge-unreachable' })
  await expect(client.call('destination.drop', { name: 'stream', which: 'all' })).rejects.toMatchObject({ code: 'edge-unreachable' })
  await expect(client.call('destination.drop', { name: 'stream', which: [] })).rejects.toMatchObject({ fault: 'config' })
})

describe('secrets', () => {
  it('reach no log, no error and no event stream, even when the tool repeats them', async () => {
    const { stack, client, logs } = await open()
    const server = await startHttpServer({ host: stack.host, port: 0 })
    const transport = createHttpTransport({ url: server.url, token: server.token, fetch, clock: systemClock, random: Math.random })
    onTestFinished(async () => {
      transport.close()
      await server.close()
    })
    const heard: unknown[] = []
    for (const event of ['run.changed', 'run.log', 'stack.changed'] as const) transport.listen(event, (data) => heard.push(data))
    await expect
      .poll(async () => (await run(client, { kind: 'source', name: 'refused' })) && heard.length, { timeout: 20_000 })
      .toBeGreaterThan(0)
    const failed = await run(client, { kind: 'source', name: 'refused' })
    expect(failed.run.status).toBe('failed')
    const check = await client.call('source.check', { name: 'refused' }).catch((thrown: unknown) => JSON.stringify(thrown))
    const everything = JSON.stringify([
      failed,
      heard,
      logs,
      check,
      await client.call('run.list', {}),
      await client.call('app.info', {}),
      await client.call('stack.get', {}),
    ])
    for (const secret of [token, encodeURIComponent(token), JSON.stringify(token).slice(1, -1), warehouse.password]) {
      expect(everything).not.toContain(secret)
      expect(everything).not.toContain(JSON.stringify(secret).slice(1, -1))
    }
    expect(everything).toContain('•••')
    expect(readFileSync(join(stack.paths.folder, 'state.db'), 'latin1')).not.toContain('crm_token_3f9a')
  })

  it('that a source renews are kept among them, from check to run to run, and nowhere else', async () => {
    const oauth = manifest('/people').replace(
      /authenticator: \{.*\}/,
      `authenticator: { type: OAuthAuthenticator, token_refresh_endpoint: "{{ config['url'] }}/token", client_id: c, client_secret: s, refresh_token: "{{ config['token'] }}", refresh_token_updater: {} }`,
    )
    const { stack, client, logs } = await open({
      files: { 'manifests/people.yaml': oauth },
      options: { variables: { WAREHOUSE_PASSWORD: warehouse.password, CRM_TOKEN: 'refresh_token_0' } },
    })
    await client.call('source.check', { name: 'crm' })
    const runs = [await run(client, { kind: 'source', name: 'crm' }), await run(client, { kind: 'source', name: 'crm' })]
    expect(runs.map((ended) => ended.run.status)).toEqual(['succeeded', 'succeeded'])
    expect(refreshed).toEqual(['refresh_token_0', 'refresh_token_1', 'refresh_token_2'])
    const { read } = await client
      .call('source.read', { name: 'crm', stream: 'people', limit: 1 })
      .then((answer) => ({ read: answer.records.length }))
    expect(read).toBe(1)
    expect(readFileSync(stack.paths.secrets, 'utf8')).toContain('refresh_token_4')
    expect(JSON.stringify([runs, logs])).not.toContain('refresh_token_')
    expect(readFileSync(join(stack.paths.folder, 'state.db'), 'latin1')).not.toContain('refresh_token_')
  })

  it('that are missing are named, not guessed', async () => {
    const { client } = await open({ options: { variables: { WAREHOUSE_PASSWORD: warehouse.password } } })
    const { problems } = await client.call('stack.get', {})
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'unknown-secret', at: expect.objectContaining({ file: 'sources/crm.yaml' }) }),
    )
    const { run: ended } = await run(client, { kind: 'source', name: 'crm' })
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'unknown-secret', message: expect.stringContaining('CRM_TOKEN') } })
  })
})

describe('the SQL screen', () => {
  let opened: Opened
  const sql = (text: string, limit?: number) =>
    opened.client.call('sql.run', { sql: text, queryId: `q${Math.random()}`, ...(limit === undefined ? {} : { limit }) })

  it('runs what a person types', { timeout: 120_000 }, async () => {
    opened = await open()

    expect(await sql("SELECT 1 AS a, 'x' AS b, NULL AS c, toUInt64(18446744073709551615) AS d, nan AS e, [1, 2] AS f")).toMatchObject({
      columns: [
        { name: 'a', type: 'UInt8' },
        { name: 'b', type: 'String' },
        { name: 'c', type: 'Nullable(Nothing)' },
        { name: 'd', type: 'UInt64' },
        { name: 'e', type: 'Float64' },
        { name: 'f', type: 'Array(UInt8)' },
      ],
      rows: [[1, 'x', null, '18446744073709551615', 'nan', [1, 2]]],
      truncated: false,
    })

    const endless = await sql('SELECT number FROM system.numbers', 100)
    expect(endless).toMatchObject({ truncated: true, rows: { length: 100 } })
    expect(endless.rowsRead).toBeGreaterThan(0)
    expect(await sql('SELECT number FROM numbers(100)', 100)).toMatchObject({ truncated: false, rows: { length: 100 } })
    expect(await sql('SELECT 1 WHERE 0')).toMatchObject({ columns: [{ name: '1' }], rows: [], truncated: false })
    expect((await sql("SELECT repeat('x', 200000) FROM numbers(1000)", 1000)).truncated).toBe(true)

    expect(await sql('CREATE TABLE default.typed (a Int32) ENGINE = Memory')).toMatchObject({ columns: [], rows: [] })
    expect(await sql('INSERT INTO default.typed VALUES (1), (2)')).toMatchObject({ columns: [], rows: [] })
    expect(await sql('SELECT sum(a) AS total FROM default.typed -- all of it')).toMatchObject({ rows: [['3']] })
    expect(await sql('SELECT a FROM default.typed ORDER BY a FORMAT CSV')).toMatchObject({
      columns: [{ name: 'output' }],
      rows: [['1'], ['2']],
    })
    expect((await sql('SHOW TABLES FROM events')).rows).toContainEqual(['all'])
    expect((await sql('EXPLAIN SELECT 1')).rows.length).toBeGreaterThan(0)

    await expect(sql('SELECT\n  nope FROM default.typed')).rejects.toMatchObject({
      code: 'warehouse-error',
      message: expect.stringContaining('nope'),
    })
    await expect(sql('SELECT 1\nFRM x y z')).rejects.toMatchObject({ code: 'warehouse-error', at: { line: 2 } })
    await expect(sql('SELEC 1')).rejects.toMatchObject({
      message: expect.stringMatching(/^Syntax error: failed at position 1 \(SELEC\) .*Expected one of: /),
      at: { line: 1, column: 1 },
    })
    const long = await sql('selec').catch((thrown: Error) => thrown.message)
    expect(String(long).length).toBeLessThan(500)
    await expect(sql('   ')).rejects.toMatchObject({ code: 'empty-sql' })
    await expect(sql('SELECT count(throwIf(number = 5000000)) FROM numbers(10000000)')).rejects.toMatchObject({
      code: 'warehouse-error',
    })
  })

  it('cancels a statement, and is free for the next', { timeout: 120_000 }, async () => {
    opened = await open()
    // The local warehouse keeps the query's id in a comment of its text (desktop/warehouse/README.md).
    const running = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number)%' AND query NOT LIKE '%system.processes%'"
    const slow = opened.client.call('sql.run', {
      sql: 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)',
      queryId: 'slow',
    })
    const outcome = slow.catch((thrown: unknown) => thrown)
    await expect.poll(async () => (await sql(running)).rows, { timeout: 20_000 }).toEqual([['1']])
    await expect(opened.client.call('sql.run', { sql: 'SELECT 1', queryId: 'slow' })).rejects.toMatchObject({ code: 'query-id-taken' })
    await opened.client.call('sql.cancel', { queryId: 'slow' })
    expect(await outcome).toMatchObject({ code: 'cancelled' })
    await expect.poll(async () => (await sql(running)).rows, { timeout: 20_000 }).toEqual([['0']])
    await opened.client.call('sql.cancel', { queryId: "nobody's" })
    expect((await sql('SELECT 1')).rows).toEqual([[1]])
  })

  it('knows the tables of the platform and of the user', async () => {
    opened = await open()
    const { tables } = await opened.client.call('sql.schema', {})
    const all = tables.find((table) => table.database === 'events' && table.table === 'all')
    expect(all).toMatchObject({ kind: 'table' })
    expect(all?.columns).toContainEqual({ name: 'message_id', type: 'String' })
    expect(tables.find((table) => table.database === 'events' && table.table === 'tracks')).toMatchObject({ kind: 'view' })
    expect(tables.map((table) => table.database)).not.toContain('system')
  })
})

describe('live events', () => {
  it('are the newest first, found by type, time and text, each once', async () => {
    const { client } = await open()
    await client.call('event.list', {})
    const now = Date.now()
    const insert = (id: string, type: string, event: string, age: number) =>
      `('web', '${type}', '${event}', '2026-01-01', '${id}', ${event === '' ? 'NULL' : `'${event} Text'`}, 'anon', 'user-${id}', fromUnixTimestamp64Milli(${now - age}), fromUnixTimestamp64Milli(${now - age}), '{"total":5}', '{}', '{}')`
    await client.call('sql.run', {
      queryId: 'insert',
      sql: `INSERT INTO events.all (source, type, event, day, message_id, event_text, anonymous_id, user_id, timestamp, received_at, properties, traits, context) VALUES
        ${[insert('m1', 'track', 'order', 3000), insert('m2', 'page', '', 2000), insert('m3', 'track', 'order', 1000), insert('m3', 'track', 'order', 500)].join(', ')}`,
    })
    const list = async (input: Parameters<typeof client.call<'event.list'>>[1]) =>
      (await client.call('event.list', input)).events.map((event) => event.messageId)
    expect(await list({})).toEqual(['m3', 'm2', 'm1'])
    expect(await list({ type: 'page' })).toEqual(['m2'])
    expect(await list({ search: 'ORDER t' })).toEqual(['m3', 'm1'])
    expect(await list({ search: 'user-m1' })).toEqual(['m1'])
    expect(await list({ search: "' OR 1 = 1 --" })).toEqual([])
    expect(await list({ after: now - 2500 })).toEqual(['m3', 'm2'])
    expect(await list({ limit: 1 })).toEqual(['m3'])
    const [event] = (await client.call('event.list', { limit: 1 })).events
    expect(event).toMatchObject({ type: 'track', event: 'order Text', userId: 'user-m3', receivedAt: now - 500 })
    expect(event?.payload['properties']).toMatchObject({ total: 5 })
    expect((await client.call('event.rejected', {})).total).toBe(0)
    const { nodes } = await client.call('loop.get', {})
    expect(nodes.find((node) => node.kind === 'warehouse')).toMatchObject({ health: 'ok' })
    expect(nodes.find((node) => node.name === 'crm')).toMatchObject({ title: 'CRM' })
  })
})

describe('a stack', () => {
  it('belongs to one host at a time', async () => {
    const { folder } = await open()
    const second = openStack({
      stackFolder: folder,
      variables: { WAREHOUSE_PASSWORD: warehouse.password },
      live: true,
      edge: undefined,
      log: () => {},
    })
    await expect(second).rejects.toMatchObject({
      code: 'stack-busy',
      message: expect.stringContaining(String(process.pid)),
      mend: expect.any(String),
    })
  })

  it('is read anew when its files change, and those who listen hear of it', async () => {
    const { client, folder } = await open()
    let changes = 0
    client.listen('stack.changed', () => changes++)
    writeFileSync(join(folder, 'models/added.sql'), 'SELECT 1 AS one')
    await expect.poll(() => changes, { timeout: 10_000 }).toBeGreaterThan(0)
    expect((await client.call('stack.get', {})).models.map((model) => model.name)).toContain('added')
    writeFileSync(join(folder, 'models/added.sql'), "SELECT * FROM ref('nobody')")
    await expect
      .poll(async () => (await client.call('stack.get', {})).problems.map((problem) => problem.at?.file), { timeout: 10_000 })
      .toContain('models/added.sql')
  })

  it('with broken files opens in the studio, and is refused by a command', async () => {
    const files = { 'models/broken.sql': "SELECT * FROM ref('nobody')", 'sources/bad.yaml': 'kind: [etl' }
    const { client } = await open({ files })
    expect((await client.call('stack.get', {})).problems.map((problem) => problem.at?.file)).toEqual(
      expect.arrayContaining(['models/broken.sql', 'sources/bad.yaml']),
    )
    await expect(open({ files, options: { live: false } })).rejects.toMatchObject({
      code: 'broken-stack',
      message: expect.stringMatching(/sources\/bad\.yaml:1/),
    })
  })

  it('shows its files and no others', async () => {
    const { client } = await open()
    expect((await client.call('stack.file', { path: 'sources/website.yaml' })).text).toContain('kind: sdk')
    await expect(client.call('stack.file', { path: '../../etc/passwd' })).rejects.toMatchObject({ code: 'unknown-file' })
    await expect(client.call('stack.file', { path: '.millrace/host.json' })).rejects.toMatchObject({ code: 'unknown-file' })
  })

  it('needs a folder with a millrace.yaml', async () => {
    const folder = writeStack({ 'notes.txt': 'x' })
    const missing = openStack({ stackFolder: folder, variables: {}, live: true, edge: undefined, log: () => {} })
    await expect(missing).rejects.toMatchObject({ code: 'no-stack', mend: expect.stringContaining('millrace init') })
  })
})

describe('a warehouse that is not there', () => {
  it('because of a wrong password: a clear error without the password, and the studio works on', async () => {
    const { client } = await open({ options: { variables: { WAREHOUSE_PASSWORD: 'wrong-password-1', CRM_TOKEN: token } } })
    await expect(client.call('sql.run', { sql: 'SELECT 1', queryId: 'a' })).rejects.toMatchObject({
      code: 'warehouse-auth',
      fault: 'config',
      mend: expect.stringContaining('millrace.yaml'),
    })
    const { run: ended } = await run(client, { kind: 'source', name: 'crm' })
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'warehouse-auth' } })
    expect(JSON.stringify(ended)).not.toContain('wrong-password-1')
    const { nodes } = await client.call('loop.get', {})
    expect(nodes.find((node) => node.kind === 'warehouse')).toMatchObject({ health: 'error', error: { code: 'warehouse-auth' } })
    expect((await client.call('stack.get', {})).sources).toHaveLength(3)
    expect((await client.call('sync.list', {})).syncs).toEqual([])
    expect((await client.call('trait.list', {})).traits).toEqual([])
  })

  it('because nobody listens there: said so, and found again once it is back', { timeout: 120_000 }, async () => {
    const own = await startTestWarehouse()
    const port = Number(new URL(own.url).port)
    await own.kill('SIGKILL')
    const { client } = await open({
      files: {
        'millrace.yaml': `name: test\nwarehouse: { url: '${own.url}', user: '${own.user}', password: '\${secret:WAREHOUSE_PASSWORD}' }\n`,
      },
      options: { variables: { WAREHOUSE_PASSWORD: own.password, CRM_TOKEN: token } },
    })
    expect((await run(client, { kind: 'models' })).run).toMatchObject({
      status: 'failed',
      error: { code: 'warehouse-unreachable', fault: 'transient' },
    })
    const again = await startTestWarehouse({ folder: own.folder, port })
    onTestFinished(async () => {
      await again.stop()
      rmSync(own.folder, { recursive: true, force: true })
    })
    expect((await run(client, { kind: 'source', name: 'crm' })).run.status).toBe('succeeded')
  })
})
