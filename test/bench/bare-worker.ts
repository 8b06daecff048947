import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startWorkerd } from '#edge/serve/workerd.ts'

/**
 * What the collector is measured against. The least a Worker can do with an event: parse it and reply JSON. And with a
 * batch (`/v1/batch`): parse it, and write each event out again as a line.
 */
const module = `export default {
  async fetch(request) {
    if (request.url.endsWith('/v1/batch')) {
      let length = 0
      for (const event of JSON.parse(await request.text()).batch) length += JSON.stringify(event).length
      return Response.json({ success: true, length })
    }
    const event = await request.json()
    return Response.json({ success: true, type: event.type })
  },
}
`

const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bare", worker = .bare)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "bare")],
);
const bare :Workerd.Worker = (
  modules = [(name = "bare.js", esModule = embed "bare.js")],
  compatibilityDate = "2026-11-01",
);
`

/** Runs it on the same workerd, in a process of its own. */
export async function startBareWorker(): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bare-'))
  await writeFile(join(folder, 'bare.js'), module)
  await writeFile(join(folder, 'workerd.capnp'), config)
  const workerd = await startWorkerd(join(folder, 'workerd.capnp'), {}, console.error)
  return {
    url: `http://127.0.0.1:${workerd.port}`,
    pid: workerd.pid,
    stop: async () => {
      await workerd.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
