import { expect, it } from 'vitest'
import { serveMessagePort } from '#core/host/message-port-host.ts'
import { createMessagePortTransport } from '#core/host/message-port-transport.ts'
import { createSwitchTransport } from '#core/host/switch-transport.ts'
import { webPort } from '#core/host/web-port.ts'
import { describeTransport } from '#test/conformance/transport.ts'
import { createTestHost, type TestHost } from '#test/fixture/host-face.ts'

/** A host behind a real MessageChannel, and what cuts it off. */
function connect(host: TestHost) {
  const { port1, port2 } = new MessageChannel()
  const end = serveMessagePort(webPort(port1), host)
  return { transport: createMessagePortTransport(webPort(port2)), end }
}

describeTransport('message port', async (host) => {
  const { transport, end } = connect(host)
  return {
    transport,
    close() {
      transport.close()
      end()
    },
  }
})

describeTransport('message port behind a switch', async (host) => {
  const transport = createSwitchTransport()
  let current = connect(host)
  transport.use(current.transport)
  return {
    transport,
    interrupt() {
      current.end()
      current = connect(host)
      transport.use(current.transport)
    },
    close() {
      current.transport.close()
      current.end()
    },
  }
})

it('fails the calls under way and later ones when the host is gone', async () => {
  const { transport, end } = connect(createTestHost({ 'run.list': () => new Promise(() => undefined) }))
  const waiting = transport.call('run.list', {})
  end()
  await expect(waiting).rejects.toMatchObject({ code: 'host-unreachable', retryable: true })
  await expect(transport.call('run.list', {})).rejects.toMatchObject({ code: 'host-unreachable' })
})

it('holds calls until there is a host, then lets them through', async () => {
  const transport = createSwitchTransport()
  const heard: unknown[] = []
  transport.listen('stack.changed', (data) => heard.push(data))
  const call = transport.call('run.list', {})
  const host = createTestHost({ 'run.list': async () => ({ runs: [] }) })
  const { transport: real, end } = connect(host)
  transport.use(real)
  expect(await call).toEqual({ runs: [] })
  await expect.poll(() => (host.emit('stack.changed', { problems: 1 }), heard.length)).toBeGreaterThan(0)
  real.close()
  end()
})

it('stops listening at the host once nobody listens on the page', async () => {
  const host = createTestHost({ 'run.list': async () => ({ runs: [] }) })
  const { transport, end } = connect(host)
  const stop = transport.listen('run.changed', () => undefined)
  await transport.call('run.list', {})
  expect(host.listeners()).toBe(1)
  stop()
  await transport.call('run.list', {})
  expect(host.listeners()).toBe(0)
  transport.close()
  end()
})
