import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { app, BrowserWindow, dialog, ipcMain, session, type WebContents } from 'electron'
import { nodeProgram } from '#desktop/host/service.ts'
import { guardPages, guardSession } from './guards.ts'
import { startHostLink } from './host-link.ts'
import { setMenu } from './menu.ts'
import { readOptions } from './options.ts'
import { declarePageScheme, servePage } from './page-protocol.ts'
import { openWindow } from './window.ts'

/*
 * The studio as a program: `electron desktop/main/index.ts --stack DIR`. It shows one stack in one window; the host runs in a
 * utility process and speaks to the page over a MessagePort. Main itself carries no data of the stack.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
const { stackFolder: named, running } = readOptions(process.argv.slice(1), process.env, process.cwd())
delete process.env['MILLRACE_HOST_TOKEN']

declarePageScheme()
guardPages(app)
app.setName('Millrace')

const stackFolder = named ?? (await app.whenReady().then(askForStack))
if (stackFolder === undefined) app.exit(0)
else start(stackFolder)

function start(folder: string): void {
  // One program a stack: the lock is the profile's, so each stack has a profile of its own.
  const profile = join(app.getPath('appData'), 'Millrace', createHash('sha256').update(folder).digest('hex').slice(0, 16))
  mkdirSync(profile, { recursive: true })
  app.setPath('userData', profile)
  if (!app.requestSingleInstanceLock()) return app.exit(0)
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows()
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  void app.whenReady().then(() => show(folder, profile))
}

async function show(folder: string, profile: string): Promise<void> {
  await build()
  guardSession(session.defaultSession)
  servePage(session.defaultSession, join(root, 'dist/renderer'))
  setMenu({ openStack: () => void askForStack().then((other) => other && openOther(other)) })

  const host = startHostLink({ stackFolder: folder, running, onRestart: () => pages().forEach((page) => host.connect(page)) })
  ipcMain.on('studio-ready', (event) => {
    if (event.senderFrame === event.sender.mainFrame) host.connect(event.sender)
  })
  const open = () =>
    openWindow({ title: `${basename(folder)} – Millrace`, preload: join(root, 'dist/preload/index.cjs'), stateFolder: profile })
  open()

  app.on('activate', () => {
    if (pages().length === 0) open()
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  app.on('will-quit', (event) => {
    event.preventDefault()
    // Not app.quit(): asked for again while this one is still being answered, it would be lost.
    void host.close().finally(() => setImmediate(() => app.exit(0)))
  })
}

function pages(): WebContents[] {
  return BrowserWindow.getAllWindows().map((window) => window.webContents)
}

/** Builds the page and the preload when they are not of the sources that are here, in a process that is not Electron. */
async function build(): Promise<void> {
  try {
    await promisify(execFile)(nodeProgram(), [join(root, 'desktop/renderer/build.ts')], { cwd: root })
  } catch (thrown) {
    dialog.showErrorBox('The studio could not be built', (thrown as { stderr?: string }).stderr ?? String(thrown))
    app.exit(1)
  }
}

async function askForStack(): Promise<string | undefined> {
  const { filePaths } = await dialog.showOpenDialog({
    title: 'Open a stack',
    message: 'Choose the folder that holds millrace.yaml',
    buttonLabel: 'Open stack',
    properties: ['openDirectory'],
  })
  return filePaths[0]
}

/** Each stack is a program of its own. */
function openOther(folder: string): void {
  app.relaunch({
    args: [...process.argv.slice(1).filter((argument, at, all) => argument !== '--stack' && all[at - 1] !== '--stack'), '--stack', folder],
  })
  app.quit()
}
