import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { type ApiServer, startApiServer } from '#test/fixture/api-server.ts'
import { millrace, startMillrace } from '#test/fixture/command.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

vi.setConfig({ testTimeout: 120_000 })

let api: ApiServer
beforeAll(async () => {
  api = await startApiServer()
})
afterAll(() => api.close())

let folder: string
beforeEach(() => {
  folder = tempFolder()
  api.fault = () => undefined
  api.authorize = (request) => request.headers.authorization === 'Bearer s3cret-token'
  api.requests.length = 0
  api.collections.set('orders', orders(7))
  api.collections.set('people', [{ id: 1, name: 'Ada' }])
  put('shop.yaml', manifest)
  put('config.yaml', `url: ${api.url}\ntoken: s3cret-token\n`)
})

const orders = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, updated_at: `2026-01-0${index + 1}T00:00:00Z` }))

const put = (file: string, text: string) => writeFileSync(join(folder, file), text)

async function source(...args: string[]) {
  const { code, stdout, stderr } = await millrace(['source', ...args], { cwd: folder })
  expect(stderr).not.toMatch(/\n\s+at /)
  const lines = stdout.startsWith('{')
    ? stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, any>)
    : []
  return { code, stdout, stderr, lines }
}

const given = ['--manifest', 'shop.yaml', '--config', 'config.yaml']

it('checks, discovers and reads a manifest without a stack: a line each record, a state after what it covers', async () => {
  expect(await source('check', ...given)).toMatchObject({ code: 0, stdout: 'shop.yaml answers.\n' })
  const found = await source('discover', ...given, '--json')
  expect(found.lines[0]!['streams']).toMatchObject([
    { name: 'orders', primaryKey: [['id']], cursorField: ['updated_at'], modes: ['full-refresh', 'incremental'] },
    { name: 'people', modes: ['full-refresh'] },
  ])
  const read = await source('read', ...given)
  expect(read).toMatchObject({ code: 0, stderr: '' })
  expect(read.lines).toEqual([
    ...orders(7).map((record) => ({ type: 'record', stream: 'orders', record })),
    { type: 'state', stream: 'orders', state: { updated_at: '2026-01-07T00:00:00Z' } },
    { type: 'done', stream: 'orders', records: 7, limited: false },
    { type: 'record', stream: 'people', record: { id: 1, name: 'Ada' } },
    { type: 'done', stream: 'people', records: 1, limited: false },
  ])
})

it('goes on from what an earlier read printed, records and all', async () => {
  put('before.jsonl', (await source('read', ...given, '--stream', 'orders')).stdout)
  api.collections.set('orders', orders(9))
  const read = await source('read', ...given, '--stream', 'orders', '--state', 'before.jsonl')
  expect(read.lines.filter(({ type }) => type === 'record').map(({ record }) => record.id)).toEqual([7, 8, 9])
  const piped = await millrace(['source', 'read', ...given, '--stream', 'orders', '--state', '-'], {
    cwd: folder,
    input: '{"type":"state","stream":"orders","state":{"updated_at":"2026-01-09T00:00:00Z"}}\n',
  })
  expect(piped.stdout.split('\n').filter((line) => line.includes('"record"'))).toHaveLength(1)
})

it('reads as many records as wanted and asks for no more pages', async () => {
  const { code, lines } = await source('read', ...given, '--limit', '3')
  expect(code).toBe(0)
  expect(lines.map(({ type, stream }) => `${type} ${stream}`)).toEqual([
    ...Array.from({ length: 3 }, () => 'record orders'),
    'done orders',
    'record people',
    'done people',
  ])
  expect(lines[3]).toMatchObject({ records: 3, limited: true })
  expect(api.requests.filter(({ url }) => url.includes('/orders'))).toHaveLength(2)
})

it('ends with 3 when a stream fails and another does not, with 1 when all do, and no secret is told', async () => {
  api.collections.delete('people')
  const partly = await source('read', ...given)
  expect(partly.code).toBe(3)
  expect(partly.lines.at(-1)).toMatchObject({ type: 'done', stream: 'people', records: 0, error: { fault: expect.any(String) } })
  expect(partly.stderr).toMatch(/^people: .*404/)

  put('config.yaml', `url: ${api.url}/s3cret-tokeN\ntoken: s3cret-tokeN\n`)
  const refused = await source('read', ...given)
  expect(refused.code).toBe(1)
  expect(refused.lines).toHaveLength(2)
  expect(refused.lines[0]).toMatchObject({ type: 'done', error: { fault: 'config' } })
  expect(refused.stdout + refused.stderr).not.toContain('s3cret-tokeN')
  const check = await source('check', ...given, '--json')
  expect(check.code).toBe(1)
  expect(check.lines).toMatchObject([{ type: 'error', error: { fault: 'config' } }])
  expect(check.stdout).not.toContain('s3cret-tokeN')
})

it('says what is wrong with its files, with 1', async () => {
  put('broken.yaml', 'type: [DeclarativeSource\n')
  put('empty.json', '{}')
  put('list.json', '[1]')
  put('bad.jsonl', '{"type":"record","stream":"orders","record":{}}\n{"type":"state","stream":"orders"}\n')
  put('worse.jsonl', '\nupdated_at: 5\n')
  const cases: [string[], RegExp][] = [
    [['check', '--manifest', 'nowhere.yaml'], /^nowhere\.yaml is not there/],
    [['check', '--manifest', 'broken.yaml'], /manifest/],
    [['check', '--manifest', 'shop.yaml', '--config', 'empty.json'], /"url".*missing/],
    [['check', '--manifest', 'shop.yaml', '--config', 'list.json'], /^list\.json: .*no object/],
    [['check', '--manifest', 'shop.yaml', '--config', 'broken.yaml'], /^broken\.yaml:\d+: /],
    [['read', ...given, '--stream', 'order'], /no stream "order"\. Did you mean "orders"\?/],
    [['read', ...given, '--state', 'bad.jsonl'], /^bad\.jsonl:2: /],
    [['read', ...given, '--state', 'worse.jsonl'], /^worse\.jsonl:2: /],
    [['read', ...given, '--state', 'nowhere.jsonl'], /nowhere\.jsonl cannot be read/],
  ]
  const answers = await Promise.all(cases.map(([args]) => source(...args)))
  for (const [index, [, message]] of cases.entries()) {
    expect(answers[index]!.code).toBe(1)
    expect(answers[index]!.stderr).toMatch(message)
    expect(answers[index]!.stdout).toBe('')
  }
})

it('answers wrong usage with 2', async () => {
  const cases = [
    ['check'],
    ['check', 'shop', '--manifest', 'shop.yaml'],
    ['check', 'shop', '--config', 'config.yaml'],
    ['read', 'shop'],
    ['read', 'shop', 'orders', '--state', 'x'],
    ['read', 'shop', 'orders', '--limit', '1001'],
    ['read', ...given, '--limit', '0'],
  ]
  for (const answer of await Promise.all(cases.map((args) => source(...args)))) {
    expect(answer.code).toBe(2)
    expect(answer.stderr).toMatch(/^error: /)
  }
})

it('ends at once when it is told to, with whole lines and the states so far', async () => {
  // From the third page on the API wants to be asked later.
  api.fault = ({ number }) => (number > 2 ? 'rate-limit' : undefined)
  api.collections.set('orders', orders(9))
  const running = startMillrace(['source', 'read', ...given, '--json'], { cwd: folder })
  const printed = () =>
    running
      .output()
      .stdout.split('\n')
      .filter((line) => line.includes('"record"'))
  await eventually(() => printed().length === 4 && api.requests.length > 2).toBe(true)
  running.process.kill('SIGTERM')
  expect(await running.ended).toBe(1)
  const lines = running
    .output()
    .stdout.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, any>)
  expect(lines.at(-1)).toMatchObject({ type: 'error', error: { code: 'cancelled' } })
  expect(running.output().stderr).toBe('')
})

const manifest = `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [url, token]
    properties:
      url: { type: string, description: Where the shop is. }
      token: { type: string, description: A token of the shop., airbyte_secret: true }
      since: { type: string, description: The first day., default: '2026-01-01' }
definitions:
  requester:
    type: HttpRequester
    url_base: "{{ config['url'] }}"
    authenticator: { type: BearerAuthenticator, api_token: "{{ config['token'] }}" }
  selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      record_selector: { $ref: '#/definitions/selector' }
      requester: { $ref: '#/definitions/requester', path: /offset/orders }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: offset }
        page_size_option: { type: RequestOption, inject_into: request_parameter, field_name: limit }
        pagination_strategy: { type: OffsetIncrement, page_size: 2 }
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: updated_at
      datetime_format: '%Y-%m-%dT%H:%M:%SZ'
      start_datetime: { type: MinMaxDatetime, datetime: "{{ config['since'] }}", datetime_format: '%Y-%m-%d' }
      start_time_option: { type: RequestOption, inject_into: request_parameter, field_name: since }
    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: {} } }
  - type: DeclarativeStream
    name: people
    retriever:
      type: SimpleRetriever
      record_selector: { $ref: '#/definitions/selector' }
      requester: { $ref: '#/definitions/requester', path: /all/people }
    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: {} } }
`
