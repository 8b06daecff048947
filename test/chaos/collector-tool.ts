import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamedEvent } from '#core/event/streamed.ts'

/**
 * What a tool does with a request. `half-dead`: every second one fails, in turn with 500 before it is taken and with a broken
 * connection after. `slow` answers after 2 s.
 */
export type Health = 'well' | 'slow' | 'half-dead' | 'down'

/** A tool that events are streamed to by webhook. It keeps nothing of an event but how often it came. */
export interface CountingTool {
  url: string
  health: Health
  /** By ping, how often it was taken. */
  taken: number[]
  requests: number
  /** Called for each event the first time it is taken. */
  onFirst: (ping: number) => void
  stop(): Promise<void>
}

export async function startCountingTool(): Promise<CountingTool> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const number = ++tool.requests
      if (tool.health === 'down') return answer(response, 503)
      if (tool.health === 'half-dead' && number % 4 === 0) return answer(response, 500)
      for (const { properties } of JSON.parse(Buffer.concat(chunks).toString()) as StreamedEvent[]) {
        const ping = Number(properties!['ping'])
        const before = tool.taken[ping] ?? 0
        tool.taken[ping] = before + 1
        if (before === 0) tool.onFirst(ping)
      }
      if (tool.health === 'half-dead' && number % 2 === 0) return request.socket.resetAndDestroy()
      return tool.health === 'slow' ? void sleep(2_000).then(() => answer(response, 200)) : answer(response, 200)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const tool: CountingTool = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    health: 'well',
    taken: [],
    requests: 0,
    onFirst: () => {},
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return tool
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
}
