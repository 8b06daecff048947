import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { bundleWorker } from './bundle.ts'
import { sandboxConfig } from './sandbox-config.ts'
import { startWorkerd, type Workerd } from './workerd.ts'

export interface SandboxKeeper {
  /** Sockets of the system's file tree, in a folder that is this user's alone. */
  sandboxSocket: string
  keeperSocket: string
  /** Makes sure that a sandbox runs; resolves to how many there have been. */
  start(): Promise<number>
  /** Ends the sandbox of that number if it still runs, and starts another. */
  replace(generation: number): Promise<number>
  stop(): Promise<void>
}

/** What a sandbox may take, in bytes of memory in use; V8's own heaps are bound by the configuration besides. */
const maxMemory = 512 * 1024 * 1024
/** How often that is looked at, in milliseconds. */
const memoryEvery = 200

/**
 * Keeps the process that transforms run in, none before it is asked for one. It answers on a socket: `POST /start` and
 * `POST /replace?generation=N`, both with `{"generation"}`.
 * @param folder for its bundle and configuration
 */
export async function keepSandbox(folder: string, onLog: (line: string) => void): Promise<SandboxKeeper> {
  // A socket's path has room for some 100 characters, and a stack may lie deeper than that.
  const sockets = mkdtempSync(join(tmpdir(), 'millrace-'))
  const sandboxSocket = join(sockets, 'sandbox')
  const keeperSocket = join(sockets, 'keeper')
  let running: Workerd | undefined
  let generation = 0
  let last: Promise<unknown> = Promise.resolve()

  /** One at a time: those that ask for the same get the same. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
  const launch = async () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const module = basename(await bundleWorker(folder, 'edge/transform/sandbox-worker.ts', 'sandbox'))
    const config = join(folder, 'sandbox.capnp')
    writeFileSync(config, sandboxConfig({ module, socket: sandboxSocket }), { mode: 0o600 })
    rmSync(sandboxSocket, { force: true })
    const workerd = await startWorkerd(config, {}, onLog, ['--experimental'])
    running = workerd
    generation += 1
    const watch = setInterval(() => {
      const bytes = memoryOf(workerd.pid)
      if (bytes === undefined || bytes < maxMemory) return
      onLog(`The sandbox of transforms takes ${Math.round(bytes / 1024 / 1024)} MB and is ended.`)
      process.kill(workerd.pid, 'SIGKILL')
    }, memoryEvery).unref()
    void workerd.exited.finally(() => {
      clearInterval(watch)
      if (running === workerd) running = undefined
    })
    return generation
  }
  const start = () => inTurn(async () => (running === undefined ? launch() : generation))
  const end = async () => {
    const ending = running
    if (ending === undefined) return
    // It may be in a loop that hears no SIGTERM, and holds nothing that could be lost.
    process.kill(ending.pid, 'SIGKILL')
    await ending.exited
    running = undefined
  }
  const replace = (which: number) =>
    inTurn(async () => {
      if (which === generation) await end()
      return running === undefined ? launch() : generation
    })
  const server = await listen(keeperSocket, async (url) => {
    if (url.pathname === '/start') return { generation: await start() }
    return { generation: await replace(Number(url.searchParams.get('generation'))) }
  })
  return {
    sandboxSocket,
    keeperSocket,
    start,
    replace,
    async stop() {
      server.close()
      server.closeAllConnections()
      await inTurn(end)
      rmSync(sockets, { recursive: true, force: true })
    },
  }
}

async function listen(socket: string, answer: (url: URL) => Promise<object>): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume()
    answer(new URL(request.url!, 'http://keeper')).then(
      (value) => response.end(JSON.stringify(value)),
      (thrown: unknown) => {
        response.statusCode = 503
        response.end(thrown instanceof Error ? thrown.message : String(thrown))
      },
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve))
  return server
}

/** Memory that a process has in use (Linux: proc(5), statm; its pages have 4 KB). Undefined where the system does not tell so. */
function memoryOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096
  } catch {
    return undefined
  }
}
