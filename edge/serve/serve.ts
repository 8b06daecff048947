import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import { bundleWorker } from './bundle.ts'
import { lockFolder } from './lock.ts'
import { readOptions, type ServeOptions } from './options.ts'
import { keepSandbox, type SandboxKeeper } from './sandbox-keeper.ts'
import { startWorkerd, type Workerd } from './workerd.ts'
import { variableOf, workerdConfig } from './workerd-config.ts'

const defaultPort = 8788
/** How many ports after the default are tried. */
const portsTried = 50

/**
 * The collector on a machine of one's own: the Worker that Cloudflare runs, on workerd, with its durable objects in
 * `--folder`. Prints `{"ready":true,"url","port","pid","workerPid"}` once it answers, or `{"ready":false,"error"}` and exits 1.
 * Ends with stdin, on SIGTERM and SIGINT; and when workerd ends, which it does not restart: exit code 1 and its log say so.
 */
export async function serveCollector(args: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  let workerd: Workerd
  let sandbox: SandboxKeeper
  try {
    const options = readOptions(args, environment)
    sandbox = await keepSandbox(join(options.folder, 'sandbox'), (line) => console.error(line))
    workerd = await start(options, sandbox)
  } catch (thrown) {
    print({ ready: false, error: toMillraceError(thrown).toJSON() })
    process.exit(1)
  }
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    void workerd.stop()
  }
  // Not once: a signal that comes a second time, as to a whole group and then to us, would end us and leave workerd.
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.stdin.once('end', stop).once('error', stop).resume()
  print({ ready: true, url: `http://127.0.0.1:${workerd.port}`, port: workerd.port, pid: process.pid, workerPid: workerd.pid })
  const { code, signal } = await workerd.exited
  await sandbox.stop()
  if (!stopping) console.error(`workerd ended (${signal ?? code}); the collector stops. What it accepted is in its folder.`)
  process.exit(stopping ? 0 : 1)
}

async function start(options: ServeOptions, { sandboxSocket, keeperSocket }: SandboxKeeper): Promise<Workerd> {
  const data = join(options.folder, 'objects')
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const lock = await lockFolder(options.folder)
  const module = basename(await bundleWorker(options.folder, 'edge/index.ts', 'worker'))
  const config = join(options.folder, 'workerd.capnp')
  const ports = options.port === undefined ? Array.from({ length: portsTried }, (_, index) => defaultPort + index) : [options.port]
  for (const port of ports) {
    const settings = Object.keys(options.settings)
    writeFileSync(config, workerdConfig({ module, data, port, settings, sandboxSocket, keeperSocket }), { mode: 0o600 })
    const variables = Object.fromEntries(Object.entries(options.settings).map(([name, value]) => [variableOf(name), value]))
    try {
      const workerd = await startWorkerd(config, variables, (line) => console.error(line))
      lock.note(workerd.pid)
      await answers(workerd)
      return workerd
    } catch (thrown) {
      if (!(thrown instanceof MillraceError) || thrown.code !== 'port-taken') throw thrown
    }
  }
  const which = options.port === undefined ? `Ports ${defaultPort} to ${defaultPort + portsTried - 1} are` : `Port ${options.port} is`
  throw new MillraceError({ code: 'port-taken', fault: 'config', message: `${which} taken.`, mend: 'Choose another with --port.' })
}

/** Waits until /health answers: the Worker runs, its settings are right, its storage opens. */
async function answers(workerd: Workerd): Promise<void> {
  let last = ''
  for (let attempt = 0; attempt < 200; attempt++) {
    const ended = await Promise.race([workerd.exited, sleep(attempt === 0 ? 0 : 50)])
    if (ended !== undefined) break
    try {
      const response = await fetch(`http://127.0.0.1:${workerd.port}/health`)
      if (response.ok) return
      last = `${response.status} ${await response.text()}`
    } catch (thrown) {
      last = String(thrown)
    }
  }
  await workerd.stop()
  throw new MillraceError({ code: 'workerd-exited', fault: 'system', message: `The collector does not answer: ${last}` })
}

function print(message: object): void {
  console.log(JSON.stringify(message))
}
