import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What happened to a row at the tool: it was put, or it is gone. */
export interface Change {
  seq: number
  id: number
  v: string
  gone: boolean
}

/** A tool that keeps rows and what happened to them, told over HTTP; at times it misbehaves. */
export interface EtlTool {
  url: string
  changes: Change[]
  rows: Map<number, string>
  /** How many requests in a hundred fail: answered 500, cut off in the middle, or hung up on. */
  faultRate: number
  faults: number
  /** So many random changes more. */
  change(count: number): void
  close(): Promise<void>
}

const idSpace = 400

export async function startEtlTool(): Promise<EtlTool> {
  const tool: EtlTool = {
    url: '',
    changes: [],
    rows: new Map(),
    faultRate: 0,
    faults: 0,
    change(count) {
      for (let i = 0; i < count; i++) {
        const seq = tool.changes.length + 1
        const id = 1 + Math.floor(Math.random() * idSpace)
        const gone = tool.rows.has(id) && Math.random() < 0.25
        const v = `v${seq}`
        if (gone) tool.rows.delete(id)
        else tool.rows.set(id, v)
        tool.changes.push({ seq, id, v, gone })
      }
    },
    close: async () => undefined,
  }
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost')
    const after = Number(url.searchParams.get('after'))
    const limit = Number(url.searchParams.get('limit'))
    const page =
      url.pathname === '/changes'
        ? tool.changes.slice(after, after + limit)
        : [...tool.rows]
            .filter(([id]) => id > after)
            .toSorted(([a], [b]) => a - b)
            .slice(0, limit)
            .map(([id, v]) => ({ id, v }))
    const body = JSON.stringify(page)
    if (Math.random() * 100 < tool.faultRate) {
      const kind = tool.faults++ % 3
      if (kind === 0) return void response.writeHead(500).end('oops')
      if (kind === 1) return void response.destroy()
      response.writeHead(200, { 'Content-Length': Buffer.byteLength(body) + 10 })
      return void response.write(body.slice(0, body.length / 2), () => response.destroy())
    }
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  tool.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  tool.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return tool
}
