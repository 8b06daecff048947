import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startCollectorLoad } from './collector-load.ts'
import { hookPath, settings, sources } from './collector-rig.ts'

/** A collector on a disk of its own that fills up while its warehouse is away. */
export interface FullDisk {
  /** Pings it accepted, before the disk was full and after room was made. */
  accepted: number[]
  /** Answers of 503. */
  full: number
  refused: string[]
  /** Whether it took events again as soon as there was room. */
  recovered: boolean
  /** Resolves once its warehouse has all it accepted. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/** Its sources by the names they have at the other collector: so its events are told from that one's. */
export const diskNames: Record<string, string> = { web: 'disk_web', hook: 'disk_hook' }

/** Fills a disk of 12 MB, then makes room. Undefined where the system lets us mount none (root on Linux). */
export async function fillDisk(
  warehouse: { url: string; user: string; password: string },
  progress: (sentence: string) => void,
  signal: AbortSignal,
): Promise<FullDisk | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-disk-'))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder]).status !== 0) {
    await rm(folder, { recursive: true, force: true })
    return undefined
  }
  let edge: TestEdge | undefined
  const stop = async () => {
    await edge?.stop()
    spawnSync('umount', ['-l', folder])
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const renamed = sources.map((source) => ({ ...source, name: diskNames[source.name]! }))
    const started = await startTestEdge({ warehouse, folder, sources: renamed, settings })
    edge = started
    const load = startCollectorLoad({
      url: () => started.url,
      writeKey: 'write-key-of-web',
      hookPath: hookPath.replace('hook?', `${diskNames['hook']}?`),
      senders: 3,
      rest: 5,
      padding: 8_000,
      signal,
    })
    const count = () => load.acceptedAt.filter((at) => at > 0).length
    await until(() => load.full >= 20, 120_000)
    const before = count()
    progress(`The disk is full after ${before} events: ${load.full} answers of 503. Room is made.`)
    spawnSync('mount', ['-o', 'remount,size=512m', folder])
    const recovered = await until(() => count() > before + 50, 60_000)
    await load.stop()
    return {
      accepted: load.acceptedAt.flatMap((at, ping) => (at > 0 ? [ping] : [])),
      full: load.full,
      refused: load.refused,
      recovered,
      drain: () => started.flush(),
      stop,
    }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

/** Whether it came true in time, in milliseconds. */
async function until(holds: () => boolean, patience: number): Promise<boolean> {
  const deadline = Date.now() + patience
  while (!holds()) {
    if (Date.now() > deadline) return false
    await sleep(50)
  }
  return true
}
