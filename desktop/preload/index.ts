import { contextBridge, ipcRenderer } from 'electron'
import type { Bridge } from '#core/host/bridge-transport.ts'
import { createMessagePortTransport } from '#core/host/message-port-transport.ts'
import { createSwitchTransport } from '#core/host/switch-transport.ts'
import { webPort } from '#core/host/web-port.ts'
import { toMillraceError } from '#core/lib/error.ts'

/*
 * All the page gets of Electron: `call` and `listen`. The port to the host comes from the main process once the
 * page has loaded, another when the host was started again, and stays in this world.
 */

const transport = createSwitchTransport()

ipcRenderer.on('host-port', (event) => transport.use(createMessagePortTransport(webPort(event.ports[0]!))))

const bridge: Bridge = {
  async call(method, input) {
    try {
      return { ok: true, value: await transport.call(String(method), input) }
    } catch (thrown) {
      return { ok: false, error: toMillraceError(thrown).toJSON() }
    }
  },
  listen: (event, callback) => transport.listen(event, callback),
}

contextBridge.exposeInMainWorld('millrace', bridge)
ipcRenderer.send('studio-ready')
