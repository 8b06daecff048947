import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const stampFile = join(root, 'dist/renderer/.built-from')
const sources = ['desktop/renderer', 'desktop/preload', 'core/host', 'core/lib', 'vite.config.ts', 'package-lock.json']

/** Where the page is once it is built. */
export const rendererFolder = join(root, 'dist/renderer')

/**
 * Brings dist/renderer (the studio's page) and dist/preload/index.cjs up to date with their sources; does
 * nothing when they are. Throws what the bundlers throw.
 */
export async function buildRenderer(): Promise<void> {
  const stamp = await hashSources()
  if ((await readFile(stampFile, 'utf8').catch(() => undefined)) === stamp) return
  // Loaded only when there is work: the bundlers are a good part of a second each.
  const [vite, esbuild] = await Promise.all([import('vite'), import('esbuild')])
  await vite.build({ configFile: join(root, 'vite.config.ts'), root: join(root, 'desktop/renderer'), logLevel: 'warn' })
  await esbuild.build({
    entryPoints: [join(root, 'desktop/preload/index.ts')],
    outfile: join(root, 'dist/preload/index.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    external: ['electron'],
    logLevel: 'warning',
  })
  await writeFile(stampFile, stamp)
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
