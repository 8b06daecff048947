import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface ElectronState {
  /** The program, when it is here and there is a screen for it. */
  path: string | undefined
  /** Why not, and the mend. */
  missing: string | undefined
}

/**
 * Looks for Electron's program without asking the package for it, which would download 100 MB on the way
 * (electron's index.js). `npx install-electron` is how a person asks for it.
 */
export function findElectron(environment: Record<string, string | undefined>): ElectronState {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  const pathFile = join(folder, 'path.txt')
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron'
  const path = join(environment['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), name)
  if (!existsSync(path)) return { path: undefined, missing: 'Its program is not downloaded. `npx install-electron` gets it.' }
  if (process.platform === 'linux' && !environment['DISPLAY'] && !environment['WAYLAND_DISPLAY']) {
    return { path: undefined, missing: 'There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set).' }
  }
  return { path, missing: undefined }
}

export const electronMain = fileURLToPath(new URL('../main/index.ts', import.meta.url))
