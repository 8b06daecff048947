import Database from 'better-sqlite3'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { MillraceError } from '#core/lib/error.ts'
import type { HostPaths } from './paths.ts'

/** Who works on a stack. `url` and `token` only while it serves HTTP. */
export const endpointSchema = z.object({
  pid: z.number(),
  environment: z.string().optional(),
  url: z.string().optional(),
  token: z.string().optional(),
  warehouse: z.object({ url: z.string(), user: z.string(), password: z.string() }).optional(),
  edge: z.object({ url: z.string(), adminToken: z.string() }).optional(),
  children: z.record(z.string(), z.number()).optional().describe('Process ids of the servers it keeps running.'),
})

export type Endpoint = z.infer<typeof endpointSchema>

export interface StackLock {
  /** Says where this host is reached. The file is this user's alone: it holds the token. */
  announce(endpoint: Omit<Endpoint, 'pid'>): void
  release(): void
}

/**
 * One host works on a stack at a time. The lock is SQLite's, so the operating system lets go of it
 * however the process ends, kill -9 included. Throws `stack-busy` when another process holds it.
 */
export function lockStack(paths: HostPaths): StackLock {
  const database = takeLock(paths.lock, 500)
  if (database === undefined) {
    const holder = readEndpoint(paths)
    throw new MillraceError({
      code: 'stack-busy',
      fault: 'transient',
      message: `Another Millrace${holder === undefined ? '' : ` (process ${holder.pid})`} works on ${paths.stack}.`,
      mend: 'Use that one, or end it first.',
    })
  }
  const announce = (endpoint: Omit<Endpoint, 'pid'>) =>
    writeFileSync(paths.endpoint, JSON.stringify({ pid: process.pid, ...endpoint }, null, 2), { mode: 0o600 })
  rmSync(paths.endpoint, { force: true })
  announce({})
  return {
    announce,
    release() {
      if (!database.open) return
      rmSync(paths.endpoint, { force: true })
      database.close()
    },
  }
}

/** The host that works on the stack now, or nothing when none does (a file left by a dead one does not count). */
export function findHost(paths: HostPaths): Endpoint | undefined {
  const endpoint = readEndpoint(paths)
  if (endpoint === undefined) return undefined
  const probe = takeLock(paths.lock, 0)
  probe?.close()
  return probe === undefined ? endpoint : undefined
}

/** An open transaction that excludes all others, or nothing when another has it. */
function takeLock(path: string, timeout: number): Database.Database | undefined {
  const database = new Database(path, { timeout })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (thrown) {
    database.close()
    if (thrown instanceof Database.SqliteError && thrown.code.startsWith('SQLITE_BUSY')) return undefined
    throw thrown
  }
}

function readEndpoint(paths: HostPaths): Endpoint | undefined {
  try {
    return endpointSchema.parse(JSON.parse(readFileSync(paths.endpoint, 'utf8')))
  } catch {
    // Not there, or being written at this moment: nobody can be named.
    return undefined
  }
}
