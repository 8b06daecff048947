import { join } from 'node:path'
import { BrowserWindow, nativeTheme, screen } from 'electron'
import { pageOrigin } from './page-protocol.ts'
import { readWindowState, writeWindowState } from './window-state.ts'

export interface WindowOptions {
  title: string
  /** The bundled preload. */
  preload: string
  /** Where this window's place is kept. */
  stateFolder: string
}

/** The studio's window: a sandboxed page with a bridge of two functions. */
export function openWindow({ title, preload, stateFolder }: WindowOptions): BrowserWindow {
  const file = join(stateFolder, 'window.json')
  const { maximized, ...bounds } = readWindowState(
    file,
    screen.getAllDisplays().map((display) => display.workArea),
  )
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 960,
    minHeight: 600,
    title,
    show: false,
    // The page's own ground (style/tokens.css), so that nothing flashes before it is painted.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0c0e12' : '#f6f7f9',
    webPreferences: { preload, sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false, spellcheck: false },
  })
  if (maximized) window.maximize()
  window.on('page-title-updated', (event) => event.preventDefault())
  window.once('ready-to-show', () => window.show())
  window.on('close', () => writeWindowState(file, { ...window.getNormalBounds(), maximized: window.isMaximized() }))
  void window.loadURL(`${pageOrigin}/`)
  return window
}
