import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { MillraceError } from '#core/lib/error.ts'

/** The stack's folder: the one named, else the current one or the nearest above that holds a millrace.yaml; nothing when there is none. */
export function findStack(named: string | undefined, current: string): string | undefined {
  if (named !== undefined) return resolve(current, named)
  for (let folder = resolve(current); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'millrace.yaml'))) return folder
    if (dirname(folder) === folder) return undefined
  }
}

/** As `findStack`. Throws `no-stack` when there is none. */
export function requireStack(named: string | undefined): string {
  const folder = findStack(named, process.cwd())
  if (folder !== undefined && existsSync(join(folder, 'millrace.yaml'))) return folder
  throw new MillraceError({
    code: 'no-stack',
    fault: 'config',
    message:
      folder === undefined
        ? 'There is no stack here: no millrace.yaml in this folder or above.'
        : `${folder} holds no stack: there is no millrace.yaml.`,
    mend: 'Make one with `millrace init`, or name its folder with --stack.',
  })
}
