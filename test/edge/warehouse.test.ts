import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createEdgeWarehouse } from '#edge/warehouse.ts'

/** What an insert puts on the wire, to a warehouse at this address. */
async function sent(url: string): Promise<{ encoding: string | null; body: Buffer; query: string | null }> {
  const requests: Request[] = []
  const warehouse = createEdgeWarehouse({ url, user: 'u', password: 'p' }, (address, init) => {
    requests.push(new Request(address, init))
    return Promise.resolve(new Response(''))
  })
  await warehouse.insertLines({ database: 'events', table: 'all' }, '{"a":1}\n{"a":2}', {})
  const request = requests[0]!
  return {
    encoding: request.headers.get('content-encoding'),
    body: Buffer.from(await request.arrayBuffer()),
    query: new URL(request.url).searchParams.get('query'),
  }
}

test('rows travel gzipped, but not within one machine', async () => {
  const far = await sent('https://clickhouse.example:8443')
  expect([far.encoding, far.query]).toEqual(['gzip', 'INSERT INTO `events`.`all` FORMAT JSONEachRow'])
  expect(gunzipSync(far.body).toString()).toBe('{"a":1}\n{"a":2}')
  const near = await sent('http://127.0.0.1:8123')
  expect([near.encoding, near.body.toString()]).toEqual([null, '{"a":1}\n{"a":2}'])
})
