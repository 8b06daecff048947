import { toMillraceError } from '#core/lib/error.ts'
import { backoffDelay, type RetryPolicy } from '#core/lib/retry.ts'
import { type Log, systemClock } from '#core/lib/runtime.ts'
import { type Service, type ServiceOptions, startService } from './service.ts'

/*
 *  start ──▶ running ──▶ (exits by itself) ──▶ waiting ──▶ starting ──▶ running …
 *               │ stop                            │ stop       │ fails: waiting, longer
 *               └────────────▶ stopped ◀──────────┴────────────┘
 */

export interface Supervised<Ready> {
  /** As the process that runs now (or ran last) said it. */
  ready(): Ready
  pid(): number
  stop(): Promise<void>
}

const restart: RetryPolicy = { attempts: Infinity, baseDelay: 200, maxDelay: 10_000 }
/** A process that lived this long starts over at the shortest wait, in milliseconds. */
const steady = 60_000

/**
 * Keeps a service running: a process that ends by itself is started again, on the port it had, so
 * that those who use it find it where it was. The first start is the caller's to see fail.
 */
export async function supervise<Ready extends { port: number }>(
  name: string,
  options: (port: number | undefined) => ServiceOptions,
  log: Log,
  onRestart?: (ready: Ready) => void,
): Promise<Supervised<Ready>> {
  const stopped = new AbortController()
  let service: Service<Ready> = await startService<Ready>(options(undefined))
  let ready = service.ready
  const { port } = ready

  const follow = async () => {
    let failures = 0
    for (;;) {
      const since = systemClock.now()
      const { code, signal } = await service.exited
      if (stopped.signal.aborted) return
      failures = systemClock.now() - since > steady ? 1 : failures + 1
      log('warn', `The ${name} ended (${signal ?? code}) and is started again.`)
      for (;;) {
        await systemClock.sleep(backoffDelay(restart, failures, Math.random), stopped.signal).catch(() => {})
        if (stopped.signal.aborted) return
        try {
          service = await startService<Ready>(options(port))
          break
        } catch (thrown) {
          failures++
          log('error', `The ${name} cannot be started again yet.`, { error: toMillraceError(thrown).message })
        }
      }
      if (stopped.signal.aborted) return void (await service.stop())
      ready = service.ready
      onRestart?.(ready)
    }
  }
  const following = follow()
  return {
    ready: () => ready,
    pid: () => service.pid,
    async stop() {
      stopped.abort()
      await service.stop()
      await following
    },
  }
}
