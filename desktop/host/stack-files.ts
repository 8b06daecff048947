import { readdir, readFile, realpath } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { MillraceError } from '#core/lib/error.ts'
import type { StackFiles } from '#core/stack/stack.ts'

/** Folders that hold nothing the user wrote for Millrace. */
const ignored = new Set(['.millrace', '.git', 'node_modules'])

/** The files of a stack in a folder. Never leaves the folder: not by `..`, an absolute path or a symbolic link. */
export function createFolderFiles(folder: string): StackFiles {
  const root = resolve(folder)
  return {
    async list() {
      const files: string[] = []
      await walk(root, {
        onFile: (path) => {
          files.push(relative(root, path).split(sep).join('/'))
        },
      })
      return files.toSorted()
    },
    async read(path) {
      const full = resolve(root, path)
      if (!isInside(root, full)) throw notAFile(path)
      try {
        if (!isInside(await realpath(root), await realpath(full))) throw notAFile(path)
        return await readFile(full, 'utf8')
      } catch (cause) {
        throw cause instanceof MillraceError ? cause : notAFile(path, cause)
      }
    },
  }
}

/** The folders of a stack that may hold files of it, the stack's own included. */
export async function stackFolders(folder: string): Promise<string[]> {
  const folders: string[] = []
  await walk(resolve(folder), {
    onFolder: (path) => {
      folders.push(path)
    },
  })
  return folders
}

async function walk(folder: string, visit: { onFile?: (path: string) => void; onFolder?: (path: string) => void }): Promise<void> {
  visit.onFolder?.(folder)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !ignored.has(entry.name)) await walk(path, visit)
    else if (entry.isFile()) visit.onFile?.(path)
  }
}

function isInside(root: string, full: string): boolean {
  const inside = relative(root, full)
  return inside !== '' && inside.split(sep)[0] !== '..' && resolve(root, inside) === full && !ignored.has(inside.split(sep)[0]!)
}

function notAFile(path: string, cause?: unknown): MillraceError {
  return new MillraceError({ code: 'unknown-file', fault: 'config', message: `${path} is not a file of the stack.`, cause })
}
