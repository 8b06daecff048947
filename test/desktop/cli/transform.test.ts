import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { select } from '#test/edge/warehouse-query.ts'
import { millrace } from '#test/fixture/command.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

// Each case starts the command, on a machine that may have other things to do.
vi.setConfig({ testTimeout: 240_000 })

const mask = `/*
description: Hides addresses, drops tests, tells lines apart.
timeout_ms: 2000
*/
import type { Event } from './millrace'

export function transform(events: Event[]): Event[] {
  return events.flatMap((event) => {
    const { email, test, lines, ...rest } = event.properties as Record<string, any>
    console.log('saw', event.event)
    if (test) return []
    if (lines) return lines.map((line: object) => ({ ...event, properties: line }))
    return [{ ...event, properties: email === undefined ? event.properties : { ...rest, email: email.replace(/^[^@]+/, '***') } }]
  })
}
`

let warehouse: TestWarehouse
let edge: TestEdge
let folder: string
let env: Record<string, string>
const write = async (path: string, text: string) => {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const validated = async () => {
  const { stdout, stderr } = await run('validate')
  return stdout + stderr
}
const run = (...args: string[]) => millrace(args, { cwd: folder, env })

beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({ warehouse })
  folder = mkdtempSync(join(tmpdir(), 'millrace-transform-'))
  env = { MILLRACE_SECRET_WAREHOUSE: warehouse.password, MILLRACE_SECRET_ADMIN: edge.adminToken }
  await write(
    'millrace.yaml',
    `name: test
warehouse: { url: '${warehouse.url}', user: '${warehouse.user}', password: '\${secret:WAREHOUSE}' }
edge: { url: '${edge.url}', admin_token: '\${secret:ADMIN}' }
`,
  )
  await write('sources/web.yaml', `kind: sdk\nwrite_key: ${edge.writeKey('web')}\ntransforms: [mask]\n`)
  await write('transforms/mask.ts', mask)
  await send('past')
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function send(id: string) {
  const events = [{ email: 'ada@example.com', n: 1 }, { test: true }, { lines: [{ sku: 'a' }, { sku: 'b' }] }, { n: 4 }, { email: 7 }]
  const batch = events.map((properties, index) => ({ type: 'track', event: 'Seen', userId: 'u', messageId: `${id}${index}`, properties }))
  await fetch(`${edge.url}/v1/batch`, { method: 'POST', body: JSON.stringify({ batch }), headers: { 'x-write-key': edge.writeKey('web') } })
  await edge.flush()
}

describe('millrace transform', () => {
  test('list tells whose events go through it, and its version', async () => {
    const listed = await run('transform', 'list', '--json')
    expect(listed.lines.at(-1)).toMatchObject({
      transforms: [{ name: 'mask', sources: ['web'], fetch: [], hash: expect.stringMatching(/^[a-f\d]{64}$/) }],
    })
  })

  test('test shows what it makes of the newest events of the warehouse, and stores nothing', async () => {
    const before = await select(warehouse, 'SELECT count() AS n FROM events.all')
    const tested = await run('transform', 'test', 'mask')
    expect(tested.stdout).toContain(
      'changed track Seen past0\n    - properties.email: "ada@example.com"\n    + properties.email: "***@example.com"\n',
    )
    expect(tested.stdout).toContain('dropped track Seen past1\n')
    expect(tested.stdout).toMatch(/split track Seen past2\n {2}1\. track Seen past2\n(?: {4}.*\n)+ {2}2\. track Seen past2#2\n/)
    expect(tested.stdout).toMatch(
      /rejected track Seen past4\n {4}transform-failed: mask: TypeError: .*replace.*\n(?: {8}.*\n)* {8}at .*transforms\/mask\.ts:13/,
    )
    expect(tested.stdout).toMatch(/tried on 5 events: 1 unchanged, 1 changed, 1 split, 1 dropped, 1 rejected\.\n$/)
    expect(tested.stdout).toContain('log: saw Seen\n')
    expect(tested.code).toBe(1)
    expect(await select(warehouse, 'SELECT count() AS n FROM events.all')).toEqual(before)
  })

  test('test takes the events of a SELECT, and a limit', async () => {
    const chosen = await run('transform', 'test', 'mask', '--from', "SELECT * FROM events.all WHERE message_id = 'past0';", '--json')
    expect(chosen.code).toBe(0)
    expect(chosen.lines.at(-1)).toMatchObject({
      counts: { events: 1, changed: 1 },
      results: [
        { source: 'web', before: { messageId: 'past0' }, after: [{ messageId: 'past0', properties: { email: '***@example.com', n: 1 } }] },
      ],
    })
    expect((await run('transform', 'test', 'mask', '--limit', '2', '--json')).lines.at(-1)).toMatchObject({ counts: { events: 2 } })
    expect((await run('transform', 'test', 'mask', '--from', 'SELECT 1 AS one')).stderr).toMatch(/rows of events\.all/)
    expect((await run('transform', 'test', 'mask', '--from', 'SELECT nope')).stderr).toMatch(/nope/)
    const other = await run('transform', 'test', 'mask', '--from', 'SELECT * FROM events.all); DROP TABLE events.all; SELECT (1')
    expect(other.code).toBe(1)
    expect(await select(warehouse, 'SELECT count() AS n FROM events.all')).toEqual([{ n: '5' }])
  })

  test('test takes events of a file, as a sender would send them', async () => {
    const events = {
      batch: [{ type: 'track', event: 'Made up', userId: 'u', properties: { email: 'bob@example.com' } }, { type: 'nonsense' }],
    }
    await write('events.json', JSON.stringify(events))
    const tested = await run('transform', 'test', 'mask', '--events', 'events.json', '--json')
    expect(tested.lines.at(-1)).toMatchObject({
      counts: { events: 2, changed: 1, rejected: 1 },
      results: [{ after: [{ properties: { email: '***@example.com' } }] }, { rejected: { reason: 'unknown-type' } }],
    })
    expect(await run('transform', 'test', 'mask', '--events', 'gone.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('gone.json'),
    })
  })

  test('test refuses a transform that does not compile with the place of the fault, and one that is not there', async () => {
    onTestFinished(() => rmSync(join(folder, 'transforms/bad.ts')))
    await write('transforms/bad.ts', '// fetch: [api.example.com]\nexport const transform = (events) => {\n  return events.map(\n}\n')
    expect(await run('transform', 'test', 'bad')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/transforms\/bad\.ts:4:1.*Unexpected/),
    })
    await write('transforms/bad.ts', "import { x } from 'lodash'\nexport const transform = () => x\n")
    expect(await validated()).toMatch(/transforms\/bad\.ts:1:19.*cannot import "lodash"/)
    await write('transforms/bad.ts', 'export const transfrom = () => []\n')
    expect(await validated()).toMatch(/exports no function named transform/)
    await write('transforms/bad.ts', '/*\nfetch: [https://api.example.com]\n*/\nexport const transform = () => []\n')
    expect(await validated()).toMatch(/transforms\/bad\.ts:2:.*not a host/)
    await write('transforms/bad.ts', 'export const transform = () => []\n')
    expect((await run('transform', 'test', 'mash')).stderr).toMatch(/no transform "mash".*mask/)
  })

  test('publish sends it along, and events go through it', async () => {
    expect(await run('publish')).toMatchObject({ code: 0 })
    await send('new')
    expect(
      await select(
        warehouse,
        "SELECT message_id, properties.email::String AS email FROM events.all FINAL WHERE message_id LIKE 'new%' ORDER BY message_id",
      ),
    ).toEqual([
      { message_id: 'new0', email: '***@example.com' },
      { message_id: 'new2', email: '' },
      { message_id: 'new2#2', email: '' },
      { message_id: 'new3', email: '' },
    ])
    expect(await select(warehouse, 'SELECT reason, message_id FROM events.rejected')).toEqual([
      { reason: 'transform-failed', message_id: 'new4' },
    ])
  })

  test('a source that names one that is not there is told so', async () => {
    await write('sources/web.yaml', `kind: sdk\nwrite_key: ${edge.writeKey('web')}\ntransforms: [maks]\n`)
    const validated = await run('validate')
    expect(validated.code).toBe(1)
    expect(validated.stdout + validated.stderr).toMatch(/sources\/web\.yaml:3:\d+.*no transform "maks".*"mask"/)
  })
})
