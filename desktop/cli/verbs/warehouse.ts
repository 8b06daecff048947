import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { Log } from '#core/lib/runtime.ts'
import { startLocalWarehouse } from '#desktop/host/local.ts'
import { hostPaths, prepareFolder } from '#desktop/host/paths.ts'
import { announceService } from '#desktop/host/service-file.ts'
import type { Output } from '../output.ts'
import { requireStack } from '../stack-folder.ts'
import { portNumber, untilAborted, verb } from '../verb.ts'

export function addWarehouse(program: Command): void {
  verb(
    program
      .command('warehouse')
      .description("the local warehouse by itself: chDB behind ClickHouse's HTTP interface")
      .option('--folder <dir>', "its data folder (default: the stack's)")
      .option('--port <n>', 'port (default: 8123, or another when taken)', portNumber)
      .option('--verbose', 'show its log'),
    async ({ stack, output, signal }, options) => {
      const { folder, memory } = await dataFolder(options['folder'], stack, 'warehouse')
      const service = await startLocalWarehouse({
        folder,
        memory,
        port: options['port'],
        log: serviceLog(output, options['verbose'] === true),
      })
      const { url, user, password } = service.ready()
      const withdraw = announceService(folder, { url, user, password, pid: service.pid() })
      output.result(
        { url, user, passwordFile: join(folder, 'password'), folder, pid: service.pid() },
        `Warehouse  ${url}\nUser       ${user}\nPassword   in ${join(folder, 'password')}`,
      )
      await untilAborted(signal)
      withdraw()
      await service.stop()
      return 'done'
    },
  )
}

/** The folder named, or the one in the stack's `.millrace`. */
export async function dataFolder(named: string | undefined, stack: string | undefined, which: 'warehouse' | 'edge') {
  if (named !== undefined) return { folder: resolve(named), memory: undefined }
  const paths = hostPaths(requireStack(stack))
  await prepareFolder(paths)
  return { folder: paths[which], memory: paths.folder }
}

/** Warnings and errors of a server that runs by itself; all of it when asked for. */
export function serviceLog(output: Output, verbose: boolean): Log {
  return (level, message, facts) => {
    if (verbose || level === 'warn' || level === 'error')
      output.note(`${level}: ${message}${facts?.['error'] === undefined ? '' : ` ${String(facts['error'])}`}`)
  }
}
