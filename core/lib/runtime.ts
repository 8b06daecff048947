/** What every stage is given instead of reaching for globals, so that it runs anywhere and can be tested. */
export interface Runtime {
  fetch: typeof fetch
  clock: Clock
  random: () => number
  log: Log
  signal: AbortSignal
  /** Missing where nothing can be kept. */
  vault?: Vault
}

/**
 * Where a source keeps secrets that it was given on the way and cannot have again: a refresh token that
 * is good for one use. Encrypted as other secrets are, each source for itself, and durable when `set` resolves.
 */
export interface Vault {
  get(name: string): Promise<string | undefined>
  set(name: string, value: string): Promise<void>
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
