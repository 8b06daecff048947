import { existsSync } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '#core/lib/error.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const built = join(root, 'dist/renderer')
/** What the studio is made of. */
const sources = ['desktop/renderer', 'core', 'vite.config.ts', 'package-lock.json']

/**
 * The folder of the built studio; built first when it is missing or older than its sources, which takes
 * seconds. It is built beside and renamed into place, so that a second Millrace never serves half of one.
 */
export async function buildRenderer(onBuild: () => void): Promise<string> {
  const [made, newest] = await Promise.all([modified(join(built, 'index.html')), newestOf(sources.map((path) => join(root, path)))])
  if (made !== undefined && made >= newest) return built
  onBuild()
  const draft = `${built}.${process.pid}`
  const old = `${draft}.old`
  try {
    const { build } = await import('vite')
    await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: draft, emptyOutDir: true } })
    if (existsSync(built)) await rename(built, old)
    await rename(draft, built)
  } catch (cause) {
    throw new MillraceError({
      code: 'renderer-build',
      fault: 'system',
      message: `The studio could not be built: ${(cause as Error).message}`,
      cause,
    })
  } finally {
    await Promise.all([rm(draft, { recursive: true, force: true }), rm(old, { recursive: true, force: true })])
  }
  return built
}

async function newestOf(paths: readonly string[]): Promise<number> {
  const times = await Promise.all(
    paths.map(async (path) => {
      const info = await stat(path).catch(() => undefined)
      if (info === undefined) return 0
      if (!info.isDirectory()) return info.mtimeMs
      const entries = await readdir(path, { withFileTypes: true })
      return newestOf(entries.map((entry) => join(path, entry.name)))
    }),
  )
  return Math.max(0, ...times)
}

async function modified(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs
}
