import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Insert {
  table: string
  token: string | null
  lines: string[]
  request: IncomingMessage
  response: ServerResponse
}

/**
 * A server that takes every statement of ClickHouse's HTTP interface, and lets a test answer the inserts of events.
 * @param refuse what is refused of other statements: as what ClickHouse may not do (code 497)
 */
export async function startFakeClickHouse(onInsert: (insert: Insert) => void, refuse: (sql: string) => boolean = () => false) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url!, 'http://x')
      const table = /^INSERT INTO `events`.`(all|rejected)`/.exec(url.searchParams.get('query') ?? '')?.[1]
      const body = Buffer.concat(chunks).toString()
      if (table === undefined) {
        if (refuse(body)) response.writeHead(403, { 'x-clickhouse-exception-code': '497' })
        return response.end('')
      }
      const lines = body.split('\n')
      onInsert({ table, token: url.searchParams.get('insert_deduplication_token'), lines, request, response })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, user: 'u', password: 'p' },
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
