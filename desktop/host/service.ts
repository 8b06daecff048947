import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { MillraceError } from '#core/lib/error.ts'

/**
 * A part of Millrace that runs as a process of its own (the local warehouse, the collector).
 * Its protocol: it prints one JSON line on stdout once it serves, `{"ready":true, …}`, or
 * `{"ready":false,"error":ErrorData}` and exits 1; what follows on stdout and stderr is its log. It ends when
 * its stdin closes, so that no orphan outlives a parent that was killed, and cleanly on SIGTERM.
 */
export interface Service<Ready> {
  ready: Ready
  pid: number
  /** SIGTERM, then SIGKILL after 10 s. Resolves once it is gone. */
  stop(): Promise<void>
  /** Resolves when the process is gone, however it went. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export interface ServiceOptions {
  /** Path of the program, a .ts file. */
  program: string
  args?: readonly string[]
  env?: Record<string, string>
  /** Called with each line of its log. */
  onLog?: (line: string) => void
  /** How long it may take to be ready, in milliseconds. */
  timeout?: number
}

/** Throws the service's own error when it could not start, `service-exited` or `service-timeout` otherwise. */
export async function startService<Ready extends object>(options: ServiceOptions): Promise<Service<Ready>> {
  const child = spawn(nodeProgram(), [options.program, ...(options.args ?? [])], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  })
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const log: string[] = []
  const onLine = (line: string) => {
    if (log.push(line) > 50) log.shift()
    options.onLog?.(line)
  }
  createInterface({ input: child.stderr }).on('line', onLine)
  const stop = () => stopProcess(child, exited)

  const ready = await new Promise<Ready>((resolve, reject) => {
    const failed = (error: MillraceError) => {
      clearTimeout(timer)
      reject(error)
    }
    const timer = setTimeout(() => {
      void stop()
      failed(
        new MillraceError({
          code: 'service-timeout',
          fault: 'system',
          message: `${options.program} was not ready in time. Its log ends: ${log.join('\n')}`,
        }),
      )
    }, options.timeout ?? 60_000)
    child.once('error', (cause) =>
      failed(
        new MillraceError({
          code: 'service-exited',
          fault: 'system',
          message: `${options.program} could not be started: ${cause.message}`,
          cause,
        }),
      ),
    )
    void exited.then(({ code, signal }) =>
      failed(
        new MillraceError({
          code: 'service-exited',
          fault: 'system',
          message: `${options.program} ended at once (${signal ?? code}). Its log ends: ${log.join('\n')}`,
        }),
      ),
    )
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = parseReady(line)
      if (message === undefined) return onLine(line)
      if (message.ready) {
        clearTimeout(timer)
        resolve(message as unknown as Ready)
      } else failed(new MillraceError(message.error))
    })
  })
  return { ready, pid: child.pid!, stop, exited }
}

/** Node itself. Inside Electron, `process.execPath` is Electron, and the one that npm installed (package `node`) is taken. */
export function nodeProgram(): string {
  return process.versions['electron'] === undefined ? process.execPath : createRequire(import.meta.url).resolve('node/bin/node')
}

type ReadyMessage = { ready: true } | { ready: false; error: ConstructorParameters<typeof MillraceError>[0] }

function parseReady(line: string): ReadyMessage | undefined {
  if (!line.startsWith('{"ready":')) return undefined
  return JSON.parse(line) as ReadyMessage
}

async function stopProcess(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await exited
    clearTimeout(timer)
  }
}
