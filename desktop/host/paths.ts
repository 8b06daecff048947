import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '#core/lib/error.ts'

/** Where the host keeps what is not the user's to edit: `.millrace` in the stack's folder. */
export interface HostPaths {
  stack: string
  /** `.millrace` itself. */
  folder: string
  database: string
  /** Held for as long as a host works on the stack. */
  lock: string
  /** Address and token of the host that serves the stack, while it does. */
  endpoint: string
  secrets: string
  warehouse: string
  edge: string
}

export function hostPaths(stackFolder: string): HostPaths {
  const folder = join(stackFolder, '.millrace')
  return {
    stack: stackFolder,
    folder,
    database: join(folder, 'state.db'),
    lock: join(folder, 'host.lock'),
    endpoint: join(folder, 'host.json'),
    secrets: join(folder, 'secrets.json'),
    warehouse: join(folder, 'warehouse'),
    edge: join(folder, 'edge'),
  }
}

/** Makes `.millrace`, readable by this user alone, and keeps it out of git. Throws `folder-not-writable`. */
export async function prepareFolder(paths: HostPaths): Promise<void> {
  try {
    await mkdir(paths.folder, { recursive: true })
    await chmod(paths.folder, 0o700)
    await writeFile(join(paths.folder, '.gitignore'), '*\n')
  } catch (cause) {
    throw new MillraceError({
      code: 'folder-not-writable',
      fault: 'config',
      message: `Millrace keeps its state in ${paths.folder} and cannot write there: ${(cause as Error).message}`,
      mend: 'Give your user the right to write to the stack folder, or copy the stack elsewhere.',
      cause,
    })
  }
}
