import type { App, Session } from 'electron'
import { pageOrigin } from './page-protocol.ts'

/**
 * What a page of ours never needs (Electron's security checklist: "Disable or limit navigation", "… creation of new
 * windows", "Handle session permission requests"): other pages, other windows, the network, the machine. It may put text on the clipboard.
 */
export function guardPages(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    contents.on('will-navigate', (event) => event.preventDefault())
    contents.on('will-redirect', (event) => event.preventDefault())
    contents.on('will-attach-webview', (event) => event.preventDefault())
  })
}

export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer) => answer(allowed(permission, contents.getURL())))
  session.setPermissionCheckHandler((_contents, permission, origin) => allowed(permission, `${origin.replace(/\/$/, '')}/`))
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !/^(app|devtools|data):/.test(details.url) }))
}

function allowed(permission: string, url: string): boolean {
  return permission === 'clipboard-sanitized-write' && url.startsWith(`${pageOrigin}/`)
}
