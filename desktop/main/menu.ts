import { app, Menu, type MenuItemConstructorOptions } from 'electron'

/** The application's menu: the platform's own roles, and opening another stack. */
export function setMenu(actions: { openStack: () => void }): void {
  const apple = process.platform === 'darwin'
  const template: MenuItemConstructorOptions[] = [
    ...(apple ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        { label: 'Open Stack…', accelerator: 'CmdOrCtrl+O', click: actions.openStack },
        { type: 'separator' },
        apple ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        { role: 'reload' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' as const }]),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
