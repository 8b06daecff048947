import type { Port } from './message-port-transport.ts'

/** A MessagePort of a page, or of Node (`MessageChannel`), as the transport wants it. */
export function webPort(port: MessagePort): Port {
  return {
    post: (message) => port.postMessage(message),
    receive: (callback) => {
      port.addEventListener('message', (event) => callback(event.data))
      port.start()
    },
    onClose: (callback) => port.addEventListener('close', callback),
    close: () => port.close(),
  }
}
