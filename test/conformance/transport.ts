import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Client, createClient } from '#core/host/client.ts'
import type { Run } from '#core/host/contract.ts'
import type { Transport } from '#core/host/transport.ts'
import { MillraceError } from '#core/lib/error.ts'
import { createTestHost, type TestHost } from '#test/fixture/host-face.ts'

export interface ConnectedTransport {
  transport: Transport
  /** Breaks the connection under the transport, where there is one; it is expected to find its way back by itself. */
  interrupt?: () => Promise<void> | void
  close: () => Promise<void> | void
}

const run: Run = { id: '01', job: { kind: 'models' }, trigger: 'manual', status: 'running', startedAt: 1, counts: { rows: 3 } }

/** What every way to the host has to do alike. */
export function describeTransport(name: string, connect: (host: TestHost) => Promise<ConnectedTransport>): void {
  describe(`transport: ${name}`, () => {
    const open: ConnectedTransport[] = []
    afterEach(async () => {
      for (const connected of open.splice(0)) await connected.close()
    })

    async function start(
      handlers: Parameters<typeof createTestHost>[0],
    ): Promise<{ host: TestHost; client: Client; connected: ConnectedTransport }> {
      const host = createTestHost(handlers)
      const connected = await connect(host)
      open.push(connected)
      return { host, client: createClient(connected.transport), connected }
    }

    it('carries a call and its answer, defaults filled in', async () => {
      const list = vi.fn(async () => ({ runs: [run] }))
      const { client } = await start({ 'run.list': list })
      expect(await client.call('run.list', {})).toEqual({ runs: [run] })
      expect(list).toHaveBeenCalledWith({ limit: 100 })
    })

    it('carries text of any script, and numbers as they are', async () => {
      const text = 'naïve “ß” 漢字 🧵 \u0000 \\ " \n'
      const { client } = await start({ 'stack.file': async ({ path }) => ({ path, text }) })
      expect(await client.call('stack.file', { path: 'models/ö.sql' })).toEqual({ path: 'models/ö.sql', text })
    })

    it('carries an answer of several megabytes whole', async () => {
      const text = 'x'.repeat(5_000_000)
      const { client } = await start({ 'stack.file': async ({ path }) => ({ path, text }) })
      expect((await client.call('stack.file', { path: 'a' })).text.length).toBe(5_000_000)
    })

    it('answers calls side by side, each with its own answer', async () => {
      const waiting = new Map<string, () => void>()
      const { client } = await start({
        'stack.file': async ({ path }) => {
          await new Promise<void>((resolve) => {
            waiting.set(path, resolve)
            if (waiting.size === 3) for (const release of [...waiting.values()].toReversed()) release()
          })
          return { path, text: path }
        },
      })
      const answers = await Promise.all(['a', 'b', 'c'].map((path) => client.call('stack.file', { path })))
      expect(answers.map((answer) => answer.text)).toEqual(['a', 'b', 'c'])
    })

    it('carries a failure with its code, place and mend', async () => {
      const error = new MillraceError({
        code: 'unknown-ref',
        fault: 'config',
        message: 'There is no model orders.',
        at: { file: 'models/a.sql', line: 3, column: 7 },
        mend: 'Did you mean order?',
      })
      const { client } = await start({
        'sync.plan': async () => {
          throw error
        },
      })
      const thrown = await client.call('sync.plan', { name: 'a' }).catch((caught: unknown) => caught)
      expect(thrown).toBeInstanceOf(MillraceError)
      expect((thrown as MillraceError).toJSON()).toEqual(error.toJSON())
    })

    it('turns a defect of the host into an error, and goes on', async () => {
      const { client } = await start({
        'app.info': async () => {
          throw new TypeError('x is not a function')
        },
        'run.list': async () => ({ runs: [] }),
      })
      await expect(client.call('app.info', {})).rejects.toMatchObject({
        code: 'unexpected',
        fault: 'system',
        message: 'x is not a function',
      })
      expect(await client.call('run.list', {})).toEqual({ runs: [] })
    })

    it('refuses a method that does not exist, and names of Object.prototype', async () => {
      const { connected } = await start({})
      for (const method of ['sql.drop', 'constructor', '__proto__', 'toString', '../run.list']) {
        await expect(connected.transport.call(method, {})).rejects.toMatchObject({ code: 'unknown-method' })
      }
    })

    it('refuses input of the wrong shape with the field at fault', async () => {
      const { connected } = await start({})
      await expect(connected.transport.call('run.list', { limit: 'many' })).rejects.toMatchObject({
        code: 'invalid-input',
        at: { field: 'limit' },
      })
      await expect(connected.transport.call('run.list', [])).rejects.toMatchObject({ code: 'invalid-input' })
      await expect(connected.transport.call('run.get', null)).rejects.toMatchObject({ code: 'invalid-input' })
    })

    it('does not pass on an answer that the contract does not know', async () => {
      const { client } = await start({ 'run.list': async () => ({ runs: [{ ...run, status: 'happy' }] }) as never })
      await expect(client.call('run.list', {})).rejects.toBeInstanceOf(MillraceError)
    })

    it('tells events in order to all who listen, and to nobody who stopped', async () => {
      const { host, client } = await start({})
      const first: number[] = []
      const second: number[] = []
      const stopFirst = client.listen('run.changed', (data) => first.push(data.startedAt))
      client.listen('run.changed', (data) => second.push(data.startedAt))
      await hear(host, { ...run, startedAt: 0 }, () => first.length > 0 && second.length > 0)
      for (const startedAt of [1, 2, 3]) host.emit('run.changed', { ...run, startedAt })
      await vi.waitFor(() => expect(second.slice(-3)).toEqual([1, 2, 3]))
      expect(first.slice(-3)).toEqual([1, 2, 3])
      stopFirst()
      host.emit('run.changed', { ...run, startedAt: 4 })
      await vi.waitFor(() => expect(second.at(-1)).toBe(4))
      expect(first.at(-1)).toBe(3)
    })

    it('tells only the events listened to', async () => {
      const { host, client } = await start({})
      const changes: number[] = []
      const runs: Run[] = []
      client.listen('stack.changed', (data) => changes.push(data.problems))
      client.listen('run.changed', (data) => runs.push(data))
      await hear(host, run, () => runs.length > 0)
      expect(changes).toEqual([])
      host.emit('stack.changed', { problems: 2 })
      await vi.waitFor(() => expect(changes).toEqual([2]))
    })

    it('finds its way back after the connection broke', async ({ skip }) => {
      const { host, client, connected } = await start({ 'run.list': async () => ({ runs: [] }) })
      if (connected.interrupt === undefined) return skip()
      const heard: number[] = []
      client.listen('run.changed', (data) => heard.push(data.startedAt))
      await hear(host, { ...run, startedAt: 1 }, () => heard.length > 0)
      await connected.interrupt()
      await hear(host, { ...run, startedAt: 2 }, () => heard.includes(2))
      expect(await client.call('run.list', {})).toEqual({ runs: [] })
    })
  })
}

/** Events that are sent before anybody is connected are nobody's: repeats one until it is heard. */
async function hear(host: TestHost, data: Run, heard: () => boolean): Promise<void> {
  await vi.waitFor(
    () => {
      if (!heard()) host.emit('run.changed', data)
      expect(heard()).toBe(true)
    },
    { timeout: 20_000, interval: 50 },
  )
}
