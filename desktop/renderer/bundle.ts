import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundlePreload } from 'esbuild'
import { build as bundlePage } from 'vite'

/*
 * `bundle.ts FOLDER` bundles the page to FOLDER/renderer and the preload to FOLDER/preload/index.cjs. A program, so that the bundlers stay
 * out of the processes that need their work, and so that NODE_ENV of those does not decide what React is built for.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: bundle.ts FOLDER')
process.env['NODE_ENV'] = 'production'
await bundlePage({
  configFile: join(root, 'vite.config.ts'),
  root: join(root, 'desktop/renderer'),
  build: { outDir: join(folder, 'renderer') },
  logLevel: 'warn',
})
await bundlePreload({
  entryPoints: [join(root, 'desktop/preload/index.ts')],
  outfile: join(folder, 'preload/index.cjs'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  external: ['electron'],
  logLevel: 'warning',
})
