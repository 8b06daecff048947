import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MillraceError } from '#core/lib/error.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const stampFile = join(root, 'dist/renderer/.built-from')
const sources = ['desktop/renderer', 'desktop/preload', 'core/host', 'core/lib', 'vite.config.ts', 'package-lock.json']

/** Where the page is once it is built. */
export const rendererFolder = join(root, 'dist/renderer')

/**
 * Brings dist/renderer (the studio's page) and dist/preload/index.cjs up to date with their sources; does
 * nothing when they are. Throws `studio-build-failed`.
 */
export async function buildRenderer(): Promise<void> {
  const stamp = await hashSources()
  if ((await readFile(stampFile, 'utf8').catch(() => undefined)) === stamp) return
  // Built aside and moved into place: several processes may find it stale at once, and none may see half of it.
  const aside = join(root, 'dist', `.new-${process.pid}`)
  await promisify(execFile)(process.execPath, [join(root, 'desktop/renderer/bundle.ts'), aside], { cwd: root }).catch((thrown: unknown) => {
    const { stderr, message } = thrown as Error & { stderr?: string }
    throw new MillraceError({
      code: 'studio-build-failed',
      fault: 'system',
      message: `The studio could not be built: ${stderr?.trim() || message}`,
      mend: 'Run `npm ci` to bring the bundlers back, then try again.',
      cause: thrown,
    })
  })
  await writeFile(join(aside, 'renderer/.built-from'), stamp)
  for (const part of ['preload', 'renderer']) {
    await rm(join(root, 'dist', part), { recursive: true, force: true })
    await rename(join(aside, part), join(root, 'dist', part))
  }
  await rm(aside, { recursive: true, force: true })
}

async function hashSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const source of sources) {
    for (const path of await filesIn(join(root, source))) hash.update(path.slice(root.length)).update(await readFile(path))
  }
  return hash.digest('hex')
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => undefined)
  if (entries === undefined) return [path]
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

// Started on its own, by the Electron studio: bundlers have no business in a program that shows windows.
if (import.meta.main) await buildRenderer()
