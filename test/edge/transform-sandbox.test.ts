import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { compiled, sourcesOf } from '#test/fixture/transforms.ts'
import { startFakeClickHouse } from './fake-clickhouse.ts'

/**
 * What each does to get out, or to take the collector down; some tell what they found as properties of their event.
 * What they import is hidden from the compiler, which would refuse it.
 */
const attacks: Record<string, string> = {
  look: `const found = await import(String('cloudflare:workers'))
    const told = { env: Object.keys(found.env), process: typeof (globalThis as any).process?.env === 'object' ? Object.keys((globalThis as any).process.env) : [] }
    return [{ ...events[0], properties: told }]`,
  reach: `const tried = async (what: () => any) => { try { return 'got ' + await what() } catch (error) { return String(error) } }
    const properties = {
      fetch: await tried(() => fetch('http://127.0.0.1:PORT/')),
      internet: await tried(() => fetch('https://example.com/')),
      socket: await tried(async () => (await import(String('cloudflare:sockets'))).connect('127.0.0.1:PORT').opened),
      webSocket: await tried(() => new WebSocket('ws://127.0.0.1:PORT/')),
      cache: await tried(() => (globalThis as any).caches.default.match('http://127.0.0.1:PORT/')),
      files: await tried(() => import(String('node:fs'))),
      processes: await tried(() => import(String('node:child_process'))),
      module: await tried(() => import(String('guest.js')).then((guest: any) => Object.keys(guest).join())),
    }
    return [{ ...events[0], properties }]`,
  compile: `const tried = (what: () => any) => { try { return 'got ' + what() } catch (error) { return String(error) } }
    const properties = {
      constructor: tried(() => (events as any).constructor.constructor('return this')()),
      eval: tried(() => (0, eval)('1 + 1')),
      function: tried(() => new Function('return 1')()),
    }
    return [{ ...events[0], properties }]`,
  pollute: `(Object.prototype as any).polluted = true; (Array.prototype as any).map = () => ['gone']; (Object.prototype as any).toJSON = () => 'gone'
    ;(globalThis as any).JSON.stringify = () => 'gone'; (globalThis as any).secret = 'mine'
    return [JSON.parse('{"type":"track","event":"Polluted","userId":"u","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')]`,
  neighbour: `return [{ ...events[0], properties: { secret: String((globalThis as any).secret), polluted: String((events[0] as any).polluted) } }]`,
  nothing: 'return undefined',
  holes: 'return events.map((event) => { event.seen = true })',
  text: 'return "[]"',
  cycle: 'events[0].properties.self = events[0]; return events',
  bigint: 'events[0].properties.n = 1n; return events',
  getter: 'return [{ ...events[0], get properties() { throw new Error("got me") } }]',
  thrown: 'throw { not: "an error" }',
  early: `export const transform = (events: unknown[]) => events
    throw new Error('at the top')`,
  typeless: 'return events.map(({ type, ...event }) => event)',
  large: 'return [{ ...events[0], properties: { text: "x".repeat(40_000) } }]',
  huge: 'const text = "x".repeat(100_000); return Array.from({ length: 200 }, () => ({ ...events[0], properties: { text } }))',
  deep: 'let value: object = {}; for (let level = 0; level < 200; level++) value = { value }; return [{ ...events[0], properties: value }]',
  waits: 'await new Promise(() => {}); return events',
  slow: 'await new Promise((resolve) => setTimeout(resolve, 5_000)); return events',
  loops: 'for (;;) if (events.length === 0) return events',
  hoards: 'const all: object[] = []; for (;;) all.push(new Array(10_000_000).fill(1.5))',
  buffers:
    'const all: object[] = []; for (;;) { all.push(new Uint8Array(50_000_000).fill(1)); await new Promise((resolve) => setTimeout(resolve, 1)) }',
  innocent: 'return events.map((event) => ({ ...event, properties: { changed: true } }))',
}

type Row = Record<string, any>
const rows: Record<'all' | 'rejected', Row[]> = { all: [], rejected: [] }
let edge: TestEdge
let warehouse: Awaited<ReturnType<typeof startFakeClickHouse>>
let granted: Server
let forbidden: Server
const seen: string[] = []
const portOf = (server: Server) => (server.address() as AddressInfo).port

beforeAll(async () => {
  warehouse = await startFakeClickHouse(({ table, lines, response }) => {
    rows[table as 'all' | 'rejected'].push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row))
    response.end('')
  })
  forbidden = await listen((url) => {
    seen.push(url)
    return { status: 200, body: 'secret' }
  })
  granted = await listen((url) =>
    url === '/away'
      ? { status: 302, body: '', location: `http://127.0.0.1:${portOf(forbidden)}/from-away` }
      : { status: 200, body: '{"plan":"pro"}' },
  )
  edge = await startTestEdge({ warehouse: warehouse.address })
  const transforms = await Promise.all(
    Object.entries(attacks).map(([name, code]) =>
      compiled(name, code.replaceAll('PORT', String(portOf(forbidden))), { timeout_ms: ['hoards', 'buffers'].includes(name) ? 5000 : 500 }),
    ),
  )
  const grant = `127.0.0.1:${portOf(granted)}`
  const url = (server: Server, path: string) => `'http://127.0.0.1:${portOf(server)}${path}'`
  transforms.push(
    await compiled(
      'enrich',
      `const properties = await (await fetch(${url(granted, '/user')})).json()
       const other = await fetch(${url(forbidden, '/direct')})
       const away = await fetch(${url(granted, '/away')})
       const socket = await import(String('cloudflare:sockets')).then((sockets: any) => sockets.connect('${grant}').opened).then(() => 'open', String)
       return [{ ...events[0], properties: { ...properties, other: [other.status, await other.text()], away: away.status, socket } }]`,
      { fetch: [grant], timeout_ms: 5000 },
    ),
  )
  await edge.publish(sourcesOf(transforms, edge.writeKey))
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.close()
  for (const server of [granted, forbidden]) server?.close()
})

async function listen(answer: (url: string) => { status: number; body: string; location?: string }): Promise<Server> {
  const server = createServer((request, response) => {
    const { status, body, location } = answer(request.url!)
    response.writeHead(status, location === undefined ? {} : { location }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function post(source: string, count = 1): Promise<{ status: number; body: any }> {
  const batch = Array.from({ length: count }, (_, index) => ({
    type: 'track',
    event: 'Tried',
    userId: 'u',
    messageId: `${source}${index}`,
    properties: {},
  }))
  const response = await fetch(`${edge.url}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch }),
    headers: { 'x-write-key': edge.writeKey(source) },
  })
  return { status: response.status, body: await response.json() }
}
const ofSource = (table: 'all' | 'rejected', source: string) => rows[table].filter((row) => row['source'] === source)

/** Posts one event, and gives what its transform told as properties. */
async function told(source: string): Promise<Row> {
  expect(await post(source)).toEqual({ status: 200, body: { success: true } })
  await edge.flush()
  return ofSource('all', source).at(-1)!['properties']
}

describe('in the sandbox, a transform', () => {
  test('finds no binding and no variable of the collector', async () => {
    expect(await told('look')).toEqual({ env: [], process: [] })
  })

  test('has no way out: no fetch, no socket, no cache, no file, no process', async () => {
    const found = await told('reach')
    for (const [way, result] of Object.entries(found)) if (way !== 'module') expect(`${way}: ${result}`).not.toMatch(/: got /)
    expect(seen).toEqual([])
  })

  test('compiles no code', async () => {
    const found = await told('compile')
    for (const [way, result] of Object.entries(found)) expect(`${way}: ${result}`).toMatch(/EvalError/)
  })

  test('that spoils its own globals spoils nothing of the collector, nor of another', async () => {
    await post('pollute')
    expect(await told('neighbour')).toEqual({ secret: 'undefined', polluted: 'undefined' })
    expect(await told('innocent')).toEqual({ changed: true })
    expect(await post('web')).toEqual({ status: 200, body: { success: true } })
  })

  test('sends to the hosts it was granted, redirects to others refused, and no socket even there', async () => {
    expect(await told('enrich')).toEqual({
      plan: 'pro',
      other: [403, expect.stringContaining('may not send to')],
      away: 403,
      socket: expect.stringContaining('rror'),
    })
    expect(seen).toEqual([])
  })
})

describe('what a transform returns is not trusted:', () => {
  test.each([
    ['nothing', 'transform-failed', /must return a list of events, not undefined/],
    ['text', 'transform-failed', /must return a list of events, not a value of type string/],
    ['holes', 'transform-failed', /returned undefined at place 0.*filter/],
    ['cycle', 'transform-failed', /circular/],
    ['bigint', 'transform-failed', /BigInt/],
    ['getter', 'transform-failed', /got me/],
    ['thrown', 'transform-failed', /It threw \{"not":"an error"\}/],
    ['early', 'transform-failed', /at the top\n +at transforms\/early\.ts:2/],
    ['typeless', 'transform-invalid', /missing-type/],
    ['large', 'transform-invalid', /too-large/],
    ['huge', 'transform-failed', /larger than/],
    ['deep', 'transform-invalid', /too-deep/],
  ])('%s', async (name, reason, story) => {
    const answer = await post(name)
    expect(answer).toMatchObject({ status: 200, body: { success: true, accepted: 0, rejected: [{ index: 0, code: reason }] } })
    await edge.flush()
    const [row] = ofSource('rejected', name)
    expect(row).toMatchObject({ reason, message_id: `${name}0`, event_text: 'Tried' })
    expect(row!['message']).toMatch(story)
    expect(JSON.parse(row!['payload'])).toMatchObject({ event: 'Tried', messageId: `${name}0`, properties: {} })
  })
})

const timedOut = (count: number) => ({
  status: 200,
  body: {
    success: true,
    accepted: 0,
    rejected: Array.from({ length: count }, (_, index) => ({
      index,
      code: 'transform-timeout',
      message: expect.stringContaining('took too long'),
    })),
  },
})

describe('a transform that does not end', () => {
  test.each(['waits', 'slow'])('because it %s: its events are rejected', async (name) => {
    expect(await post(name, 3)).toMatchObject(timedOut(3))
  })

  test('because it loops: its events are rejected, those of others that ran beside it are not, and it is left alone for a while', async () => {
    const [looping, ...others] = await Promise.all([
      post('loops', 3),
      ...Array.from({ length: 5 }, () => post('innocent', 2)),
      post('web', 2),
    ])
    expect(looping).toMatchObject(timedOut(3))
    expect(others).toEqual(others.map(() => ({ status: 200, body: { success: true } })))
    expect(await Promise.all([post('loops'), post('innocent')])).toMatchObject([timedOut(1), { body: { success: true } }])
    await edge.flush()
    expect(ofSource('all', 'innocent').filter(({ properties }) => properties.changed !== true)).toEqual([])
    expect(ofSource('rejected', 'loops')).toHaveLength(4)
  })

  test.each(['hoards', 'buffers'])('and takes all memory (%s): its events are rejected, and the collector goes on', async (name) => {
    const [full, beside] = await Promise.all([post(name), post('innocent')])
    expect(full).toMatchObject({ status: 200, body: { accepted: 0, rejected: [{ index: 0, code: 'transform-failed' }] } })
    expect(beside).toEqual({ status: 200, body: { success: true } })
    await edge.flush()
    expect(ofSource('rejected', name)[0]!['message']).toMatch(/memory/)
    expect(await told('innocent')).toEqual({ changed: true })
    process.kill(edge.workerPid, 0)
  })
})
