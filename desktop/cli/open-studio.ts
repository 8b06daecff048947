import { spawn } from 'node:child_process'
import { electronMain, findElectron } from './electron.ts'
import type { Serving } from './serving.ts'
import type { VerbContext } from './verb.ts'

/**
 * Shows the studio: as a program of its own where Electron can run, else in the browser. Where nobody
 * watches (a pipe, CI, --json) nothing is opened: the address was printed.
 */
export function openStudio(context: VerbContext, serving: Serving): void {
  const { output } = context
  if (!output.interactive || process.env['CI'] !== undefined) return
  const electron = findElectron(process.env)
  if (electron.path !== undefined) {
    const child = spawn(electron.path, [electronMain, '--stack', serving.stack.paths.stack], {
      stdio: 'ignore',
      env: { ...process.env, MILLRACE_HOST_URL: serving.http.url, MILLRACE_HOST_TOKEN: serving.http.token },
    })
    child.once('error', () => openBrowser(context, serving.http.address))
    return
  }
  output.note(`The studio opens in the browser. As an app: ${electron.missing}`)
  openBrowser(context, serving.http.address)
}

function openBrowser({ output }: VerbContext, address: string): void {
  const [program, args] =
    process.platform === 'darwin'
      ? ['open', [address]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', address]]
        : ['xdg-open', [address]]
  const child = spawn(program as string, args as string[], { stdio: 'ignore', detached: true })
  child.once('error', () => output.note(`No browser could be opened here. Open ${address}`))
  child.unref()
}
