import { request } from 'node:http'
import type { TestWarehouse } from '#test/fixture/warehouse.ts'

export interface Answer {
  status: number
  text: string
}

/** A statement (with its data, where it has some) by POST, with whatever headers; nothing is added to them. */
export function ask(
  warehouse: TestWarehouse,
  body: string | Buffer,
  options: { path?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(warehouse.url)
    const headers = { 'X-ClickHouse-User': warehouse.user, 'X-ClickHouse-Key': warehouse.password, ...options.headers }
    const sent = request({ hostname, port, method: 'POST', path: options.path ?? '/', headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode!, text: Buffer.concat(chunks).toString() }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
