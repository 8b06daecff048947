import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a bundle was made of: files, and a hash of each one's content. */
type Inputs = Record<string, string>

/**
 * Path of a Worker as one module. It is made anew only when a file it was made of has changed.
 * @param entry its main file, within the repository
 */
export async function bundleWorker(folder: string, entry: string, name: string): Promise<string> {
  const output = join(folder, `${name}.js`)
  const cache = join(folder, `${name}.json`)
  if (isCurrent(cache, output)) return output
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    legalComments: 'none',
    logLevel: 'silent',
  })
  const inputs: Inputs = {}
  for (const path of Object.keys(metafile.inputs)) inputs[path] = hashOf(join(root, path))
  mkdirSync(dirname(output), { recursive: true })
  write(output, outputFiles[0]!.text)
  write(cache, JSON.stringify({ inputs, output: hashOf(output) }))
  return output
}

function isCurrent(cache: string, output: string): boolean {
  try {
    const made = JSON.parse(readFileSync(cache, 'utf8')) as { inputs: Inputs; output: string }
    return made.output === hashOf(output) && Object.entries(made.inputs).every(([path, hash]) => hashOf(join(root, path)) === hash)
  } catch {
    // No cache, or one that cannot be read: it is made anew.
    return false
  }
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** Never half a file, whatever ends the process. */
function write(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, text, { mode: 0o600 })
  renameSync(temporary, file)
}
