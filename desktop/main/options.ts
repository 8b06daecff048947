import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface StudioOptions {
  /** Undefined when none was named and none is here: the person is asked. */
  stackFolder: string | undefined
  /** A host that already serves the stack over HTTP. */
  running: { url: string; token: string } | undefined
}

/**
 * `--stack DIR` (else the current folder, if it is a stack), and MILLRACE_HOST_URL with MILLRACE_HOST_TOKEN when the
 * command that starts us runs the host itself. `args` are those after the program's own.
 */
export function readOptions(args: string[], env: Record<string, string | undefined>, current: string): StudioOptions {
  const { values } = parseArgs({ args, options: { stack: { type: 'string' } }, strict: false, allowPositionals: true })
  const url = env['MILLRACE_HOST_URL']
  const token = env['MILLRACE_HOST_TOKEN']
  const named = typeof values.stack === 'string' ? resolve(current, values.stack) : undefined
  return {
    stackFolder: named ?? (existsSync(join(current, 'millrace.yaml')) ? current : undefined),
    running: url !== undefined && token !== undefined ? { url, token } : undefined,
  }
}
