import type { MessagePortMain } from 'electron'
import type { Port } from '#core/host/message-port-transport.ts'

/** Electron's MessagePortMain, of the main and of utility processes, as the transport wants it. */
export function electronPort(port: MessagePortMain): Port {
  return {
    post: (message) => port.postMessage(message),
    receive: (callback) => {
      port.on('message', (event) => callback(event.data))
      port.start()
    },
    onClose: (callback) => port.on('close', callback),
    close: () => port.close(),
  }
}
