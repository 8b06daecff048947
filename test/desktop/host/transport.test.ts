import { createHttpTransport } from '#core/host/http-transport.ts'
import { createMemoryTransport } from '#core/host/memory-transport.ts'
import { systemClock } from '#core/lib/runtime.ts'
import { startHttpServer } from '#desktop/host/http/server.ts'
import { describeTransport } from '#test/conformance/transport.ts'

describeTransport('memory', async (host) => ({ transport: createMemoryTransport(host), close: () => {} }))

describeTransport('http', async (host) => {
  let server = await startHttpServer({ host, port: 0 })
  const { port, token, url } = server
  const transport = createHttpTransport({ url, token, fetch: globalThis.fetch, clock: systemClock, random: Math.random })
  return {
    transport,
    async interrupt() {
      await server.close()
      server = await startHttpServer({ host, port, token })
    },
    async close() {
      transport.close()
      await server.close()
    },
  }
})
