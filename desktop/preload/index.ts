import { contextBridge, ipcRenderer } from 'electron'
import type { Bridge } from '#core/host/bridge-transport.ts'
import { createMessagePortTransport, type Port } from '#core/host/message-port-transport.ts'
import { toMillraceError } from '#core/lib/error.ts'

/*
 * All the page gets of Electron: `call` and `listen`. The port to the host comes from the main process
 * once the page has loaded, and stays in this world.
 */

const transport = new Promise<ReturnType<typeof createMessagePortTransport>>((resolve) => {
  ipcRenderer.once('host-port', (event) => resolve(createMessagePortTransport(shape(event.ports[0]!))))
})

function shape(port: MessagePort): Port {
  return {
    post: (message) => port.postMessage(message),
    receive: (callback) => {
      port.onmessage = (event) => callback(event.data)
    },
    onClose: (callback) => port.addEventListener('close', callback),
    close: () => port.close(),
  }
}

const bridge: Bridge = {
  async call(method, input) {
    try {
      return { ok: true, value: await (await transport).call(String(method), input) }
    } catch (thrown) {
      return { ok: false, error: toMillraceError(thrown).toJSON() }
    }
  },
  listen(event, callback) {
    let stop: (() => void) | undefined
    let stopped = false
    void transport.then((ready) => {
      if (!stopped) stop = ready.listen(event, callback)
    })
    return () => {
      stopped = true
      stop?.()
    }
  },
}

contextBridge.exposeInMainWorld('millrace', bridge)
ipcRenderer.send('studio-ready')
