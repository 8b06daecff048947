import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventData } from '#core/host/contract.ts'
import { type Clock, systemClock } from '#core/lib/runtime.ts'
import { createHostEvents } from '#desktop/host/emitter.ts'
import { createTails, type Tails } from '#desktop/host/tails.ts'
import { startFakeClickHouse } from '#test/edge/fake-clickhouse.ts'
import { sendTracks } from '#test/edge/send-events.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { eventually } from '#test/fixture/eventually.ts'

let warehouse: Awaited<ReturnType<typeof startFakeClickHouse>>
let edge: TestEdge
const ended = new AbortController()
beforeAll(async () => {
  warehouse = await startFakeClickHouse(({ response }) => response.end(''))
  edge = await startTestEdge({ warehouse: warehouse.address })
})
afterAll(async () => {
  ended.abort()
  await edge?.stop()
  await warehouse?.close()
})

function open(clock: Clock = systemClock): { tails: Tails; told: EventData<'edge.tailed'>[]; ids: (id: string) => string[] } {
  const told: EventData<'edge.tailed'>[] = []
  const events = createHostEvents((thrown) => {
    throw thrown
  })
  events.listen('edge.tailed', (each) => told.push(each))
  const tails = createTails({ events, clock, random: Math.random, signal: ended.signal })
  return {
    tails,
    told,
    ids: (id) => told.filter((each) => each.id === id).flatMap((each) => each.events.map(({ messageId }) => messageId)),
  }
}
const states = (told: EventData<'edge.tailed'>[]) => told.map(({ state, error }) => error?.code ?? state)

describe('a tail', () => {
  test('tells what comes in, with another filter from when it is asked so, and ends when told', async () => {
    const { tails, told, ids } = open()
    tails.ask(edge, 'a', {})
    await eventually(() => states(told)).toEqual(['watching'])
    await sendTracks(edge, ['a-1'])
    await eventually(() => ids('a')).toEqual(['a-1'])
    tails.ask(edge, 'a', { user: 'somebody' })
    await eventually(() => states(told).filter((state) => state === 'watching').length).toBe(3)
    await sendTracks(edge, ['a-2'])
    await sendTracks(edge, ['a-3'], { userId: 'somebody' })
    await eventually(() => ids('a')).toEqual(['a-1', 'a-3'])
    tails.end('a')
    tails.ask(edge, 'b', {})
    await eventually(() => told.some(({ id }) => id === 'b')).toBe(true)
    await sendTracks(edge, ['a-4'], { userId: 'somebody' })
    await eventually(() => ids('b')).toEqual(['a-4'])
    expect(ids('a')).toEqual(['a-1', 'a-3'])
    tails.end('b')
  })

  test('says that the connection is lost, and watches again once the collector is back', async () => {
    const { tails, told, ids } = open()
    tails.ask(edge, 'c', {})
    await eventually(() => states(told)).toEqual(['watching'])
    const { port } = edge
    await edge.kill('SIGKILL')
    await eventually(() => states(told)).toContain('edge-unreachable')
    edge = await startTestEdge({ warehouse: warehouse.address, port })
    await eventually(() => states(told).at(-1)).toBe('watching')
    await sendTracks(edge, ['c-1'])
    await eventually(() => ids('c')).toEqual(['c-1'])
    tails.end('c')
  })

  test.each(['no JSON', '{"events":7}'])('outlives a server that is no collector and says %s', async (nonsense) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    server.on('connection', (socket) => socket.send(nonsense))
    await once(server, 'listening')
    const { tails, told } = open()
    tails.ask({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, adminToken: 'any' }, 'e', {})
    await eventually(() => told.find(({ error }) => error !== undefined)?.error).toMatchObject({ code: 'edge-unreachable' })
    tails.end('e')
    await new Promise((resolve) => server.close(resolve))
  })

  test('says that the token is wrong', async () => {
    const { tails, told } = open()
    tails.ask({ url: edge.url, adminToken: 'wrong' }, 'd', {})
    await eventually(() => told[0]?.error).toMatchObject({ code: 'edge-auth', message: expect.not.stringContaining('wrong') })
    tails.end('d')
  })

  test('ends when nobody has asked for it for a while', async () => {
    const clock = steppedClock()
    const { tails, told, ids } = open(clock)
    tails.ask(edge, 'e', {})
    await eventually(() => states(told)).toEqual(['watching'])
    await clock.advance(29_000)
    tails.ask(edge, 'e', {})
    await clock.advance(29_000)
    await sendTracks(edge, ['e-1'])
    await eventually(() => ids('e')).toEqual(['e-1'])
    await clock.advance(61_000)
    tails.ask(edge, 'f', {})
    await eventually(() => told.some(({ id }) => id === 'f')).toBe(true)
    await sendTracks(edge, ['e-2'])
    await eventually(() => ids('f')).toEqual(['e-2'])
    expect(ids('e')).toEqual(['e-1'])
    tails.end('f')
  })

  test('is refused past ten at a time', () => {
    const { tails } = open()
    for (let index = 0; index < 10; index++) tails.ask(edge, `many-${index}`, {})
    expect(() => tails.ask(edge, 'one-more', {})).toThrow('watches the collector for 10')
    for (let index = 0; index < 10; index++) tails.end(`many-${index}`)
  })
})

/** Time that passes when the test says so; those who sleep wake when theirs has come. */
function steppedClock(): Clock & { advance(milliseconds: number): Promise<void> } {
  let now = 0
  const sleepers = new Set<{ at: number; wake: () => void }>()
  return {
    now: () => now,
    async advance(milliseconds) {
      for (const until = now + milliseconds; now < until;) {
        now = Math.min(until, ...Array.from(sleepers, ({ at }) => at))
        for (const sleeper of sleepers) {
          if (sleeper.at > now) continue
          sleepers.delete(sleeper)
          sleeper.wake()
        }
        // Whoever woke may go to sleep again.
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    sleep: (milliseconds) => new Promise((wake) => sleepers.add({ at: now + milliseconds, wake })),
  }
}
