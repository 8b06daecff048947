/** What every stage is given instead of reaching for globals, so that it runs anywhere and can be tested. */
export interface Runtime {
  fetch: typeof fetch
  clock: Clock
  random: () => number
  log: Log
  signal: AbortSignal
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason once it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Structured logging: a sentence and its facts. Secrets never go in. */
export type Log = (level: LogLevel, message: string, facts?: Record<string, unknown>) => void

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal.addEventListener('abort', onAbort, { once: true })
    }),
}
