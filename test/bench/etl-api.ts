import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

// An API in a process of its own that serves pages of records as fast as it can: the bytes of a hundred pages are made beforehand, and come again with other ids.

export const pageSize = 1000

export interface PageApi {
  url: string
  stop(): Promise<void>
}

export async function startPageApi(): Promise<PageApi> {
  const child = fork(fileURLToPath(import.meta.url))
  const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(message as number)))
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

function record(id: number): Record<string, unknown> {
  return {
    id,
    number: `ORD-${String(id).padStart(9, '0')}`,
    customer_id: id % 9973,
    email: `customer${id % 9973}@example.com`,
    status: ['open', 'paid', 'shipped', 'returned'][id % 4],
    total: (id % 50_000) / 100,
    currency: 'EUR',
    paid: id % 3 === 0,
    created_at: new Date(1_735_689_600_000 + id * 1000).toISOString(),
    updated_at: new Date(1_735_689_600_000 + id * 1500).toISOString(),
    note: id % 7 === 0 ? null : 'Please leave it with the neighbours if nobody is at home.',
    address: { street: `${id % 300} High Street`, city: ['Lyon', 'Porto', 'Graz'][id % 3], country: 'FR' },
    tags: ['wholesale', `segment-${id % 12}`],
  }
}

/** Records have ids of nine digits, so that a page is the same bytes but for those. */
const firstId = 100_000_000
const madePages = 100

function serve(): void {
  const made: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const page = Number(new URL(request.url!, 'http://localhost').searchParams.get('page'))
    const text = (made[page % madePages] ??= JSON.stringify({
      data: Array.from({ length: pageSize }, (_, index) => record(firstId + (page % madePages) * pageSize + index)),
    }))
    const round = Math.floor(page / madePages)
    response.writeHead(200, { 'Content-Type': 'application/json' })
    // The id's first digits are the round of the made pages.
    response.end(round === 0 ? text : text.replaceAll('{"id":1000', `{"id":${1000 + round}`))
  })
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) serve()
