import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpServer, startHttpServer } from '#desktop/host/http/server.ts'
import { createTestHost, type TestHost } from '#test/fixture/host-face.ts'

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

describe('the HTTP face of the host', () => {
  let host: TestHost
  let server: HttpServer
  const calls: unknown[] = []

  beforeAll(async () => {
    host = createTestHost({
      'run.list': async (input) => {
        calls.push(input)
        return { runs: [] }
      },
    })
    server = await startHttpServer({ host, port: 0, rendererFolder: new URL('../../fixture/page', import.meta.url).pathname })
  })
  afterAll(() => server.close())

  /** Node's own client, because fetch does not let a test lie about Host and Origin. */
  function send(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: server.port, path, method: options.method ?? 'GET', headers: options.headers ?? {} },
        (response) => {
          let text = ''
          response
            .on('data', (chunk) => (text += chunk))
            .on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
        },
      )
      sent.on('error', reject)
      sent.end(options.body)
    })
  }

  /** Reads events until the wanted text has come; tells one event once it is listening. */
  async function read(lastId: string | undefined, wanted: string): Promise<string> {
    const headers = { ...bearer(), ...(lastId === undefined ? {} : { 'last-event-id': lastId }) }
    const response = await fetch(`${server.url}/api/events`, { headers })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes(wanted)) {
      const { value, done } = await reader.read()
      if (done) break
      text += value
      if (text === ': open\n\n') host.emit('stack.changed', { problems: 1 })
    }
    await reader.cancel()
    return text
  }

  const json = { 'content-type': 'application/json' }
  const call = (headers: Record<string, string>, body = '{}', method = 'run.list') =>
    send(`/api/call/${method}`, { method: 'POST', headers: { ...json, ...headers }, body })
  const bearer = () => ({ authorization: `Bearer ${server.token}` })
  const cookie = () => ({ cookie: `millrace-${server.port}=${server.token}` })

  it('listens on 127.0.0.1 and prints an address with a token', () => {
    expect(server.address).toBe(`http://127.0.0.1:${server.port}/?token=${server.token}`)
    expect(server.token.length).toBeGreaterThanOrEqual(32)
  })

  it('answers whoever has the token, as Bearer or as cookie', async () => {
    expect(await call(bearer())).toMatchObject({ status: 200, text: '{"ok":true,"value":{"runs":[]}}' })
    expect((await call(cookie())).status).toBe(200)
  })

  it.each([
    ['no token', {}],
    ['a wrong Bearer', { authorization: 'Bearer nonsense' }],
    ['an empty Bearer', { authorization: 'Bearer ' }],
    ['a wrong cookie', { cookie: 'millrace-1=x' }],
    ['Basic', { authorization: 'Basic bWlsbHJhY2U6' }],
  ])('refuses %s, and does nothing', async (_name, headers) => {
    calls.length = 0
    const answer = await call(headers)
    expect(answer.status).toBe(401)
    expect(JSON.parse(answer.text)).toMatchObject({ ok: false, error: { code: 'unauthorized' } })
    expect(calls).toEqual([])
  })

  it('gives neither events nor pages without the token', async () => {
    expect((await send('/api/events')).status).toBe(401)
    expect((await send('/')).status).toBe(401)
    expect((await send('/?token=wrong')).status).toBe(401)
  })

  it('exchanges the token of the address for a cookie that scripts and other sites do not get', async () => {
    const answer = await send(`/?token=${server.token}`)
    expect(answer.status).toBe(303)
    expect(answer.headers['location']).toBe('/')
    const set = String(answer.headers['set-cookie'])
    expect(set).toContain(`millrace-${server.port}=${server.token}`)
    expect(set).toContain('HttpOnly')
    expect(set).toContain('SameSite=Strict')
  })

  it('takes the token in the address for the first page only, never for a call', async () => {
    expect((await send(`/api/call/run.list?token=${server.token}`, { method: 'POST', headers: json, body: '{}' })).status).toBe(401)
  })

  it.each(['evil.example', `evil.example:80`, '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example:8124'])(
    'refuses the name %s (DNS rebinding), even with the token',
    async (name) => {
      calls.length = 0
      expect((await call({ ...bearer(), host: name })).status).toBe(421)
      expect(calls).toEqual([])
    },
  )

  it('answers to localhost too', async () => {
    expect((await call({ ...bearer(), host: `localhost:${server.port}` })).status).toBe(200)
  })

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['an opaque origin', { origin: 'null' }],
    ['what the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['what the browser calls same-site', { 'sec-fetch-site': 'same-site' }],
  ])('refuses %s, even with the cookie', async (_name, headers) => {
    calls.length = 0
    expect((await call({ ...cookie(), ...headers })).status).toBe(403)
    expect(calls).toEqual([])
  })

  it('answers its own page', async () => {
    expect((await call({ ...cookie(), origin: server.url, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })

  it('forbids pages to run or frame anything foreign', async () => {
    const answer = await send('/', { headers: cookie() })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('<title>Page</title>')
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  it('serves files of the studio, its page for every screen, and nothing outside of its folder', async () => {
    expect((await send('/note.txt', { headers: cookie() })).text).toBe('a file beside the page\n')
    expect((await send('/runs/01', { headers: cookie() })).text).toContain('<title>Page</title>')
    for (const path of ['/../host-face.ts', '/..%2fhost-face.ts', '/%2e%2e/host-face.ts', '/....//host-face.ts']) {
      expect((await send(path, { headers: cookie() })).text).not.toContain('createTestHost')
    }
  })

  it('says what is wrong with a call, with a status to go by', async () => {
    expect((await call(bearer(), '{"limit":')).status).toBe(400)
    expect((await call(bearer(), '{"limit":0}')).status).toBe(400)
    expect((await call(bearer(), '{}', 'run.lust')).status).toBe(404)
    expect((await call({ ...bearer(), 'content-type': 'text/plain' })).status).toBe(400)
    expect((await call(bearer(), '{}', 'app.info')).status).toBe(500)
    expect((await call(bearer(), JSON.stringify({ sql: 'x'.repeat(9_000_000) }), 'sql.run')).status).toBe(413)
    expect((await send('/api/call/run.list', { headers: bearer() })).status).toBe(404)
    expect((await send('/api/nothing', { headers: bearer() })).status).toBe(404)
  })

  it('lets go of listeners that hung up', async () => {
    const before = host.listeners()
    await new Promise<void>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: server.port, path: '/api/events', headers: bearer() }, (response) => {
        response.once('data', () => {
          sent.destroy()
          resolve()
        })
      })
      sent.once('error', reject)
      sent.end()
    })
    expect(host.listeners()).toBe(before)
    expect((await call(bearer())).status).toBe(200)
  })

  it('says which port is taken', async () => {
    await expect(startHttpServer({ host, port: server.port })).rejects.toMatchObject({ code: 'port-taken', fault: 'config' })
  })

  it('hands events that were missed to who comes back with the number of the last one', async () => {
    const first = await read(undefined, '"problems":1')
    const id = /id: (\d+)/.exec(first)![1]!
    for (const problems of [2, 3]) host.emit('stack.changed', { problems })
    const again = await read(id, '"problems":3')
    expect(again).toContain('"problems":2')
    expect(again).not.toContain('"problems":1}')
  })
})
