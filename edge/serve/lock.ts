import Database from 'better-sqlite3'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '#core/lib/error.ts'

export interface FolderLock {
  /** Notes the workerd that uses the folder, for whoever comes after a crash. */
  note(pid: number): void
}

/**
 * One collector works on a data folder at a time. The lock is SQLite's, so the system lets go of it however this process
 * ends. A workerd left behind by one that was killed is waited for. Throws `folder-locked`.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const database = new Database(join(folder, 'lock.sqlite'), { timeout: 500 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch {
    throw locked(folder)
  }
  const noted = join(folder, 'workerd.pid')
  for (let wait = 0; existsSync(noted) && isRunning(Number(readFileSync(noted, 'utf8'))); wait += 50) {
    if (wait > 5000) throw locked(folder)
    await sleep(50)
  }
  return { note: (pid) => writeFileSync(noted, String(pid)) }
}

function isRunning(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    // A number that another program has got since is none of ours.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('workerd')
  } catch {
    return !existsSync('/proc/self')
  }
}

function locked(folder: string): MillraceError {
  return new MillraceError({
    code: 'folder-locked',
    fault: 'config',
    message: `Another collector works on ${folder}.`,
    mend: 'Use that one, end it first, or give another --folder.',
  })
}
