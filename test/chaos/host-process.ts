import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from '#core/host/client.ts'
import { createHttpTransport } from '#core/host/http-transport.ts'
import { systemClock } from '#core/lib/runtime.ts'
import { type Endpoint, findHost } from '#desktop/host/lock.ts'
import { hostPaths } from '#desktop/host/paths.ts'

/** `millrace serve` in a process of its own, which starts the warehouse and the collector in theirs. */
export interface HostProcess {
  pid: number
  client: Client
  warehouse: NonNullable<Endpoint['warehouse']>
  edgeUrl: string
  exited: Promise<void>
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('../../desktop/cli/index.ts', import.meta.url))

/** Starts the host of a stack. Throws with what it said when it ends before it serves. */
export async function startHostProcess(folder: string): Promise<HostProcess> {
  const child = spawn(process.execPath, [program, 'serve', '--stack', folder, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(line)
      if (line.includes('"type":"result"')) resolve()
    })
    void exited.then(() => reject(new Error(`The host ended before it served:\n${said.slice(-20).join('\n')}`)))
  })
  const endpoint = findHost(hostPaths(folder))
  if (endpoint?.url === undefined || endpoint.token === undefined || endpoint.warehouse === undefined || endpoint.edge === undefined) {
    child.kill('SIGKILL')
    throw new Error(`The host serves but does not say where: ${JSON.stringify(Object.keys(endpoint ?? {}))}`)
  }
  const { url, token, warehouse, edge } = endpoint
  return {
    pid: child.pid!,
    client: createClient(createHttpTransport({ url, token, fetch, clock: systemClock, random: Math.random })),
    warehouse,
    edgeUrl: edge.url,
    exited,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
