import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SourceMessage } from '#core/connector/source.ts'
import { bundleWorker } from '#edge/serve/bundle.ts'
import { startWorkerd, type Workerd } from '#edge/serve/workerd.ts'
import { serveFormats } from '#test/fixture/api-formats.ts'
import { type ApiServer, startApiServer } from '#test/fixture/api-server.ts'
import { readStreamOf, streamManifest } from './read-manifest.ts'

let api: ApiServer
let workerd: Workerd
let folder: string

beforeAll(async () => {
  api = await startApiServer()
  api.serve = serveFormats(api)
  folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  await bundleWorker(folder, 'test/fixture/source-worker.ts', 'source-worker')
  const config = join(folder, 'config.capnp')
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "net", network = (allow = ["private", "public"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "source-worker.js")],
  compatibilityDate = "2026-01-01",
  globalOutbound = "net"
);
`,
  )
  workerd = await startWorkerd(config, {}, () => undefined)
})

afterAll(async () => {
  await workerd.stop()
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['csv', 'orders'],
  ['gzip-csv', 'orders'],
  ['xml', 'orders'],
  ['zip', 'orders'],
  ['composite-raw', 'older'],
  ['incremental-parent', 'orders'],
])('the engine reads the same in a Worker: %s', async (manifest, stream) => {
  api.collections.set(
    'orders',
    Array.from({ length: 50 }, (_, id) => ({ id, name: `é;"${id}`, updated_at: new Date(Date.UTC(2026, 0, 1 + id)).toISOString() })),
  )
  const settings = { url: api.url }
  const wanted = await readStreamOf(streamManifest(manifest), { config: settings, stream })
  const response = await fetch(`http://127.0.0.1:${workerd.port}/`, {
    method: 'POST',
    body: JSON.stringify({
      config: { manifest: streamManifest(manifest), config: settings },
      request: { streams: [{ name: stream, mode: 'full-refresh' }] },
    }),
  })
  const messages = (await response.json()) as SourceMessage[]
  expect(messages.at(-1)).toMatchObject({ type: 'done', result: { ok: true } })
  const records = messages.flatMap((message) => (message.type === 'records' ? message.records : []))
  expect(records).toHaveLength(50)
  expect(records).toEqual(wanted.records)
})
