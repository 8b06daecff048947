import { request } from 'node:http'
import type { Service } from '../transform/remote-sandbox.ts'

/** A service that answers HTTP on a socket of the file tree, as a Worker's binding. */
export function socketService(socketPath: string): Service {
  return {
    fetch: (url, { method, body, signal }) =>
      new Promise((resolve, reject) => {
        const { pathname, search } = new URL(url)
        const options = { socketPath, path: pathname + search, method, ...(signal === undefined ? {} : { signal }) }
        const call = request(options, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.once('error', reject)
          response.once('end', () => resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 500 })))
        })
        call.once('error', reject)
        call.end(body)
      }),
  }
}
