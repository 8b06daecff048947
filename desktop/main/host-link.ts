import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannelMain, safeStorage, type UtilityProcess, utilityProcess, type WebContents } from 'electron'
import { backoffDelay, type RetryPolicy } from '#core/lib/retry.ts'
import { createKeychain } from './keychain.ts'
import type { FromHostProcess, ToHostProcess } from './host-messages.ts'

const program = fileURLToPath(new URL('host-process.ts', import.meta.url))
const restart: RetryPolicy = { attempts: Infinity, baseDelay: 300, maxDelay: 10_000 }
/** How long the host may take to end its work and its servers, in milliseconds. */
const patience = 15_000

export interface HostLink {
  /** Gives the page a port of its own to the host. */
  connect(page: WebContents): void
  /** Ends the host's process, in good order if it can. */
  close(): Promise<void>
}

export interface HostLinkOptions {
  stackFolder: string
  running: { url: string; token: string } | undefined
  /** Told when the host's process ended by itself and is there again: the page needs a new port. */
  onRestart: () => void
}

/** The host in a process of its own, started again when it ends by itself. */
export function startHostLink({ stackFolder, running, onRestart }: HostLinkOptions): HostLink {
  const keychain = createKeychain(join(stackFolder, '.millrace/keychain.json'), safeStorage)
  let closing = false
  let failures = 0

  const start = (): UtilityProcess => {
    const child = utilityProcess.fork(program, [], { serviceName: 'Millrace host', stdio: 'inherit' })
    const say = (message: ToHostProcess) => child.postMessage(message)
    child.on('message', (message: FromHostProcess) => {
      if (message.kind === 'secret') keychain?.write(message.name, message.value)
    })
    child.once('exit', () => {
      if (closing) return
      failures++
      setTimeout(
        () => {
          if (closing) return
          host = start()
          onRestart()
        },
        backoffDelay(restart, failures, Math.random),
      )
    })
    say({ kind: 'open', stackFolder, running, secrets: keychain?.read() })
    return child
  }
  let host = start()

  return {
    connect(page) {
      const { port1, port2 } = new MessageChannelMain()
      host.postMessage({ kind: 'connect' } satisfies ToHostProcess, [port1])
      page.postMessage('host-port', null, [port2])
    },
    close() {
      closing = true
      return new Promise((resolve) => {
        const timer = setTimeout(() => host.kill(), patience)
        host.once('exit', () => {
          clearTimeout(timer)
          resolve()
        })
        if (host.pid === undefined) return resolve()
        host.postMessage({ kind: 'close' } satisfies ToHostProcess)
      })
    },
  }
}
