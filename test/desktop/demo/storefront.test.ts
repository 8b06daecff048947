import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { type MailEvent, mailEvents, sendMail } from '#desktop/demo/tool/mail.ts'
import { type StorefrontCall, storefrontCalls } from '#desktop/demo/tool/storefront-calls.ts'
import { openStorefront } from '#desktop/demo/tool/storefront.ts'
import { makeWorld } from '#desktop/demo/world/world.ts'

const world = makeWorld({ seed: 5, people: 60, now: Date.parse('2026-03-18T14:30:00Z') })

interface Received {
  path: string
  key: string
  body: unknown
}

/** A collector that fails its first requests, keeps what it accepted, and answers as the real one does. */
async function startCollector(failures: number, status = 503): Promise<{ url: string; received: Received[]; server: Server }> {
  const received: Received[] = []
  let left = failures
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const fails = left-- > 0
    if (!fails) received.push({ path: request.url!, key: request.headers.authorization ?? '', body: JSON.parse(body) })
    response.writeHead(fails ? status : 200, { 'content-type': 'application/json' })
    response.end('{"success":true}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, server }
}

function identity(item: { messageId?: unknown; userId?: unknown; anonymousId?: unknown }): unknown[] {
  return [item.messageId, item.userId, item.anonymousId]
}

function mailOptions(url: string) {
  return { edgeUrl: url, source: 'email', writeKey: 'a-key', signal: new AbortController().signal }
}

let server: Server
afterEach(() => void server.close())

describe('the simulated storefront', () => {
  it('sends every call through the SDK, with its own messageId and time, though the collector failed at first', async () => {
    const collector = await startCollector(2)
    server = collector.server
    const calls = storefrontCalls(world)
    const accepted: StorefrontCall[] = []
    const storefront = openStorefront({
      edgeUrl: collector.url,
      writeKey: 'a-write-key',
      signal: new AbortController().signal,
      onAccepted: (call) => accepted.push(call),
    })
    for (const call of calls) await storefront.send(call)
    await storefront.close()

    const sent = collector.received.flatMap(({ body }) => (body as { batch: Record<string, unknown>[] }).batch)
    expect(sent.map(identity).toSorted()).toEqual(calls.map(identity).toSorted())
    expect(accepted).toHaveLength(calls.length)
    expect(new Date(sent[0]!['timestamp'] as string).getTime()).toBe(calls.find((call) => call.messageId === sent[0]!['messageId'])!.at)
    expect(collector.received[0]!.key).toBe(`Basic ${btoa('a-write-key:')}`)
    expect(collector.received[0]!.path).toBe('/v1/batch')
  })

  it('says so when the collector refuses its calls', async () => {
    const collector = await startCollector(1000, 401)
    server = collector.server
    const storefront = openStorefront({ edgeUrl: collector.url, writeKey: 'a-wrong-key', signal: new AbortController().signal })
    await storefront.send(storefrontCalls(world)[0]!)
    await expect(storefront.close()).rejects.toThrow('gave up')
  })
})

describe('a storefront that is ended', () => {
  it('gives up what the collector does not take, at once', async () => {
    const collector = await startCollector(1000)
    server = collector.server
    const abort = new AbortController()
    const storefront = openStorefront({ edgeUrl: collector.url, writeKey: 'a-write-key', signal: abort.signal })
    const calls = storefrontCalls(world)
    await storefront.send(calls[0]!)
    abort.abort(new Error('the end'))
    await expect(storefront.close()).rejects.toThrow('the end')
    await expect(storefront.send(calls[1]!)).rejects.toThrow('the end')
  })
})

describe('the simulated e-mail tool', () => {
  it('posts every event, some twice, again and again until it is accepted', async () => {
    const collector = await startCollector(3)
    server = collector.server
    const events = mailEvents(world)
    await sendMail(events, mailOptions(collector.url))
    const sent = collector.received.flatMap(({ body }) => body as MailEvent[])
    expect(sent.map((event) => event.event_id).toSorted()).toEqual(events.map((event) => event.event_id).toSorted())
    expect(collector.received[0]!.path).toBe('/v1/webhook/email?key=a-key')
  })

  it('says so when it is refused', async () => {
    const collector = await startCollector(1, 401)
    server = collector.server
    await expect(sendMail(mailEvents(world).slice(0, 1), mailOptions(collector.url))).rejects.toThrow('401')
  })
})
