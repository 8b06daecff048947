import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import { systemClock } from '#core/lib/runtime.ts'

const portsSchema = z.record(z.string(), z.number())

/** How long a server that a host left behind may take to let go of its port and folder, in milliseconds. */
const patience = 20_000

/**
 * Starts a server where it was the last time, because SDKs, bookmarks and SQL tools have its address. A
 * predecessor whose host was killed may still be ending, so a taken port or a locked folder is waited for; if the
 * port stays taken, the server chooses another. A port asked for by name is used or refused.
 */
export async function startOnUsualPort<Started>(
  folder: string | undefined,
  name: string,
  asked: number | undefined,
  start: (port: number | undefined) => Promise<Started>,
  portOf: (started: Started) => number,
): Promise<Started> {
  const path = folder === undefined ? undefined : join(folder, 'ports.json')
  let port = asked ?? (path === undefined ? undefined : readPorts(path)[name])
  const deadline = systemClock.now() + patience
  const never = new AbortController().signal
  for (;;) {
    try {
      const started = await start(port)
      if (asked === undefined && path !== undefined) writeFileSync(path, JSON.stringify({ ...readPorts(path), [name]: portOf(started) }))
      return started
    } catch (thrown) {
      const { code } = toMillraceError(thrown)
      const late = systemClock.now() > deadline
      if (code === 'port-taken' && asked === undefined && port !== undefined && late) port = undefined
      else if (late || asked !== undefined || !passing.has(code)) throw explained(thrown, name)
      await systemClock.sleep(250, never)
    }
  }
}

/** What a dying predecessor causes. */
const passing = new Set(['port-taken', 'folder-locked', 'warehouse-locked'])

function explained(thrown: unknown, name: string): MillraceError {
  const error = toMillraceError(thrown)
  // The log of a server that crashed may end in a trace, which helps nobody who reads it here.
  const message = error.message.replaceAll(/\n\s+at .*/g, '').replaceAll(/\n{2,}/g, '\n')
  return new MillraceError({ ...error.toJSON(), message: `The ${name} cannot start: ${message}`, cause: thrown })
}

function readPorts(path: string): Record<string, number> {
  try {
    return portsSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}
