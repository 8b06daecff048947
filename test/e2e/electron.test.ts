import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Bridge } from '#core/host/bridge-transport.ts'
import { buildRenderer } from '#desktop/renderer/build.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { sampleHandlers } from '#test/fixture/sample/handlers.ts'
import { serveStudio } from '#test/fixture/studio.ts'
import { startScreen, type Screen } from '#test/fixture/screen.ts'
import { makeStack, type TestStack } from '#test/fixture/stack-folder.ts'

declare global {
  interface Window {
    millrace?: Bridge
  }
}

const main = fileURLToPath(new URL('../../desktop/main/index.ts', import.meta.url))
const program = findProgram()
const screen: Screen | undefined = program === undefined ? undefined : await startScreen()
const reason = program === undefined ? 'Electron’s program is not on this machine' : 'there is no display here, and no Xvfb'
if (screen === undefined) console.warn(`The Electron tests are skipped: ${reason}.`)

/** Starts the studio as a person would, and waits for its window. */
async function launch(stackFolder: string, env: Record<string, string> = {}): Promise<{ app: ElectronApplication; page: Page }> {
  const app = await _electron.launch({
    executablePath: program!,
    args: ['--no-sandbox', '--disable-gpu', main, '--stack', stackFolder],
    env: { ...(process.env as Record<string, string>), DISPLAY: screen!.display, XDG_CONFIG_HOME: join(stackFolder, '.config'), ...env },
    timeout: 60_000,
  })
  return { app, page: await app.firstWindow({ timeout: 60_000 }) }
}

describe.skipIf(screen === undefined)('the studio in Electron', () => {
  const open: { close(): Promise<unknown> | unknown }[] = []
  beforeAll(() => buildRenderer())
  afterEach(async () => {
    for (const each of open.splice(0).toReversed()) await each.close()
  })
  afterAll(() => screen?.stop())

  async function start(stack?: TestStack, env?: Record<string, string>) {
    const folder = stack ?? (await makeStack({ 'sources/web.yaml': 'kind: sdk\nwrite_key: a_write_key\n' }))
    open.push({ close: () => folder.remove() })
    const { app, page } = await launch(folder.path, env)
    open.push(app)
    return { app, page, folder }
  }

  it('opens a stack on its own: host in its own process, page over the port, a query through it', async () => {
    const { page, folder } = await start()
    await eventually(() => page.locator('.sidebar-stack strong').textContent()).toBe('shop')
    await eventually(() => page.locator('.node-card', { hasText: 'Warehouse' }).count()).toBe(1)
    const reply = await page.evaluate(() => window.millrace!.call('sql.run', { sql: 'SELECT 6 * 7 AS answer', queryId: 'q1' }))
    expect(reply).toMatchObject({ ok: true, value: { columns: [{ name: 'answer' }], rows: [[42]] } })
    const info = await page.evaluate(() => window.millrace!.call('app.info', {}))
    expect(info).toMatchObject({ ok: true, value: { stack: { path: folder.path } } })
  })

  it('finds the host again after its process was killed', async () => {
    const { app, page } = await start()
    await eventually(() => page.locator('.sidebar-stack strong').textContent()).toBe('shop')
    const pid = await app.evaluate(({ app: electron }) => electron.getAppMetrics().find((each) => each.name === 'Millrace host')?.pid)
    process.kill(pid!, 'SIGKILL')
    const failed = await page.evaluate(() => window.millrace!.call('app.info', {}))
    if (!failed.ok) expect(failed.error.code).toBe('host-unreachable')
    await eventually(
      () =>
        page.evaluate(() =>
          Promise.race([window.millrace!.call('app.info', {}), new Promise((resolve) => setTimeout(resolve, 2000, 'late'))]),
        ),
      60_000,
    ).toMatchObject({ ok: true })
  }, 150_000)

  it('ends though the host’s process has just been killed', async () => {
    const { app, page } = await start()
    await eventually(() => page.locator('.sidebar-stack strong').textContent()).toBe('shop')
    const pid = await app.evaluate(({ app: electron }) => electron.getAppMetrics().find((each) => each.name === 'Millrace host')?.pid)
    process.kill(pid!, 'SIGKILL')
    await page.evaluate(() => window.millrace!.call('app.info', {}))
    const child = app.process()
    await app.close()
    open.pop()
    expect(child.exitCode).toBe(0)
  })

  it('gives the page two functions and nothing else of the machine', async () => {
    const { app, page } = await start()
    expect(await page.evaluate(() => Object.keys(window.millrace!).toSorted())).toEqual(['call', 'listen'])
    expect(await page.evaluate(() => ['require', 'process', 'module', 'Buffer', 'electron'].filter((name) => name in globalThis))).toEqual(
      [],
    )
    expect(await page.evaluate(() => window.open('https://example.com/') === null)).toBe(true)
    expect(
      await page.evaluate(() =>
        fetch('https://example.com/').then(
          () => 'went',
          () => 'refused',
        ),
      ),
    ).toBe('refused')
    expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied')
    await page.evaluate(() => location.assign('https://example.com/'))
    await page.waitForTimeout(500)
    expect(page.url()).toMatch(/^app:\/\/studio\//)
    expect(app.windows()).toHaveLength(1)
    expect(
      await page.evaluate(() =>
        fetch('/../../package.json').then(
          (response) => response.status,
          () => 'refused',
        ),
      ),
    ).not.toBe(200)
    const unsafe = await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'globalThis.injected = true'
      document.body.append(script)
      return 'injected' in globalThis
    })
    expect(unsafe).toBe(false)
  })

  it('shows the host that already runs, and leaves it running', async () => {
    const studio = await serveStudio(sampleHandlers())
    open.push(studio)
    const { app, page } = await start(undefined, { MILLRACE_HOST_URL: studio.url, MILLRACE_HOST_TOKEN: studio.token })
    await eventually(() => page.locator('.node-card').count()).toBe(15)
    await app.close()
    open.pop()
    const answer = await fetch(`${studio.url}/api/call/app.info`, {
      method: 'POST',
      headers: { authorization: `Bearer ${studio.token}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(answer.status).toBe(200)
  })

  it('says why a stack cannot be opened', async () => {
    const stack = await makeStack({})
    await stack.write('millrace.yaml', undefined)
    const { page } = await start(stack)
    await eventually(() => page.locator('.host-status').textContent()).toContain('millrace.yaml')
  })

  it('has one window a stack: a second start shows the first', async () => {
    const { folder, app } = await start()
    const second = await _electron
      .launch({
        executablePath: program!,
        args: ['--no-sandbox', '--disable-gpu', main, '--stack', folder.path],
        env: { ...(process.env as Record<string, string>), DISPLAY: screen!.display, XDG_CONFIG_HOME: join(folder.path, '.config') },
        timeout: 20_000,
      })
      .then(
        async (started) => {
          const windows = started.windows().length
          await started.close()
          return windows
        },
        () => 0,
      )
    expect(second).toBe(0)
    expect(app.windows()).toHaveLength(1)
  })
})

/** Where tests may find Electron: where the environment says, or where its package has put it. Nothing is downloaded. */
function findProgram(): string | undefined {
  const folder =
    process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(dirname(createRequire(import.meta.url).resolve('electron/package.json')), 'dist')
  const path = join(folder, process.platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : 'electron')
  return existsSync(path) ? path : undefined
}
