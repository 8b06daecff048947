import { type FSWatcher, watch } from 'node:fs'
import { stackFolders } from './stack-files.ts'

export interface StackWatch {
  close(): void
}

/**
 * Calls back once a burst of changes to the stack's files has been quiet for `quiet` milliseconds.
 * Each folder is watched by itself: a recursive watch would also follow the warehouse's data.
 */
export async function watchStack(
  folder: string,
  quiet: number,
  onChange: () => void,
  onError: (thrown: unknown) => void,
): Promise<StackWatch> {
  const watchers = new Map<string, FSWatcher>()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const refresh = async () => {
    const folders = new Set(await stackFolders(folder))
    if (closed) return
    for (const [path, watcher] of watchers) {
      if (folders.has(path)) continue
      watcher.close()
      watchers.delete(path)
    }
    for (const path of folders) {
      if (watchers.has(path)) continue
      const watcher = watch(path, (_event, name) => {
        if (name === '.millrace' || name === '.git') return
        clearTimeout(timer)
        timer = setTimeout(() => {
          refresh().catch(onError)
          onChange()
        }, quiet)
      })
      watcher.on('error', onError)
      watchers.set(path, watcher)
    }
  }
  await refresh()
  return {
    close() {
      closed = true
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}
