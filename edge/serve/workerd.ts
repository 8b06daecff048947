import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { MillraceError } from '#core/lib/error.ts'

export interface Workerd {
  pid: number
  port: number
  stop(): Promise<void>
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/*
 * workerd must not outlive us, not even when we are killed with -9: it would hold port and data. The shell leaves a
 * watcher behind that reads a pipe of ours, which the system closes when we end, and then becomes workerd itself. A signal
 * to the whole group must not end the watcher before that.
 */
const withWatcher = '(trap "" HUP INT TERM; cat <&4 >/dev/null; kill -9 $$) 2>/dev/null & exec "$@" 4<&-'

/**
 * Starts workerd and resolves once it listens; a socket of the file tree has no port. Throws `port-taken`, or `workerd-exited` with the end of its log.
 */
export async function startWorkerd(
  config: string,
  environment: Record<string, string>,
  onLog: (line: string) => void,
  flags: readonly string[] = [],
): Promise<Workerd> {
  const program = createRequire(import.meta.url).resolve('workerd/bin/workerd')
  const child = spawn('/bin/sh', ['-c', withWatcher, 'sh', program, 'serve', '--control-fd=3', ...flags, config], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  })
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      // The watcher has nothing to watch, and must not find another process at that number one day.
      child.stdio[4]?.destroy()
      resolve({ code, signal })
    })
  })
  const log: string[] = []
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (log.push(line) > 30) log.shift()
      onLog(line)
    })
  }
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
      const message = JSON.parse(line) as { event: string; socket?: string; port?: number }
      if (message.event === 'listen' && message.socket === 'http') resolve(message.port!)
    })
    child.once('error', (cause) => reject(failed(`workerd could not be started: ${cause.message}`, cause)))
    void exited.then((how) => reject(endedAtOnce(how, log)))
  })
  return {
    pid: child.pid!,
    port,
    exited,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 8_000)
      await exited
      clearTimeout(timer)
    },
  }
}

function endedAtOnce(how: { code: number | null; signal: NodeJS.Signals | null }, log: readonly string[]): MillraceError {
  const text = log.join('\n')
  if (/address already in use/i.test(text)) return new MillraceError({ code: 'port-taken', fault: 'config', message: 'The port is taken.' })
  return failed(`workerd ended at once (${how.signal ?? how.code}). Its log ends: ${text}`)
}

function failed(message: string, cause?: unknown): MillraceError {
  return new MillraceError({ code: 'workerd-exited', fault: 'system', message, cause })
}
