import type { MessageEvent } from 'electron'
import type { EventName } from '#core/host/contract.ts'
import type { Handlers, HostFace } from '#core/host/dispatch.ts'
import { methods } from '#core/host/contract.ts'
import { createHttpTransport } from '#core/host/http-transport.ts'
import { serveMessagePort } from '#core/host/message-port-host.ts'
import { createRemoteHost } from '#core/host/remote-host.ts'
import { toMillraceError } from '#core/lib/error.ts'
import { systemClock } from '#core/lib/runtime.ts'
import { findHost } from '#desktop/host/lock.ts'
import { openStack } from '#desktop/host/open-stack.ts'
import { hostPaths, prepareFolder } from '#desktop/host/paths.ts'
import { electronPort } from './electron-port.ts'
import type { FromHostProcess, ToHostProcess } from './host-messages.ts'
import { createKeychainStore } from './keychain-store.ts'

/*
 * The utility process behind the window. It opens the stack, or reaches the host that already works on it, and
 * serves every port it is handed. A stack that cannot be opened is served too: each call answers with the reason.
 */

const { parentPort } = process
const send = (message: FromHostProcess) => parentPort.postMessage(message)

interface Opened {
  face: HostFace
  close(): Promise<void>
}

let opened: Promise<Opened> | undefined

parentPort.on('message', (event: MessageEvent) => {
  const message = event.data as ToHostProcess
  switch (message.kind) {
    case 'open':
      opened = open(message).catch(refusing)
      break
    case 'connect':
      void opened?.then(({ face }) => serveMessagePort(electronPort(event.ports[0]!), face))
      break
    case 'close':
      void close()
      break
  }
})

async function open({ stackFolder, running, secrets }: Extract<ToHostProcess, { kind: 'open' }>): Promise<Opened> {
  const paths = hostPaths(stackFolder)
  if (running !== undefined) return reach(running)
  await prepareFolder(paths)
  const holder = findHost(paths)
  if (holder?.url !== undefined && holder.token !== undefined) return reach({ url: holder.url, token: holder.token })
  const stack = await openStack({
    stackFolder,
    variables: process.env,
    ...(secrets === undefined
      ? {}
      : { secretStore: createKeychainStore(secrets, paths.secrets, (name, value) => send({ kind: 'secret', name, value })) }),
    live: true,
    edge: {},
    log: (level, message, facts) => {
      if (level !== 'debug') process.stderr.write(`${level}: ${message}${facts === undefined ? '' : ` ${JSON.stringify(facts)}`}\n`)
    },
  })
  return { face: stack.host, close: () => stack.close() }
}

/** The host runs elsewhere (`millrace studio`, `up`, `serve`) and outlives this window. */
function reach({ url, token }: { url: string; token: string }): Opened {
  const transport = createHttpTransport({ url, token, fetch: globalThis.fetch, clock: systemClock, random: Math.random })
  return { face: createRemoteHost(transport), close: async () => transport.close() }
}

function refusing(thrown: unknown): Opened {
  const error = toMillraceError(thrown)
  const refuse = () => Promise.reject(error)
  return {
    face: {
      handlers: Object.fromEntries(Object.keys(methods).map((method) => [method, refuse])) as unknown as Handlers,
      listen: (_event: EventName) => () => undefined,
    },
    close: async () => undefined,
  }
}

async function close(): Promise<void> {
  await (await opened)?.close().catch((thrown: unknown) => process.stderr.write(`${toMillraceError(thrown).message}\n`))
  send({ kind: 'closed' })
  process.exit(0)
}
