import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, open, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'

/**
 * Named pipes between this process's event loop and the engine's threads: what the engine writes to or reads
 * from a pipe by its path (`INTO OUTFILE`, `FROM INFILE`) flows with backpressure and never rests in memory
 * or on disk, whatever the format. They are made once; a pipe whose ends are all closed is empty again.
 */
export class Pipes {
  readonly #idle: string[]

  constructor(folder: string, count: number) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#idle = Array.from({ length: count }, (_, i) => join(folder, `pipe-${i}`))
    execFileSync('mkfifo', ['-m', '600', ...this.#idle])
  }

  /** One for each slot: there is always an idle one. */
  take(): string {
    const path = this.#idle.pop()
    if (path === undefined) throw new Error('no idle pipe: more statements than slots')
    return path
  }

  /** Only once the engine and this process have closed it. */
  give(path: string): void {
    this.#idle.push(path)
  }
}

/**
 * The end that reads what the engine writes. `finish()` once the engine is done: the stream then ends after
 * what is still in the pipe. (Until then a writing end of our own keeps it from ending too early.)
 */
export function readPipe(path: string): { stream: Socket; finish(): void } {
  const stream = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
  // A socket reads from the start; here it must wait until it is asked.
  stream.pause()
  let keep: number | undefined = openSync(path, constants.O_RDWR)
  return {
    stream,
    finish() {
      if (keep !== undefined) closeSync(keep)
      keep = undefined
    },
  }
}

/**
 * The end that writes what the engine reads: resolves once the engine has opened it, or with undefined when
 * `given` (the engine's statement) settles before it did.
 */
export async function writePipe(path: string, given: Promise<unknown>): Promise<Socket | undefined> {
  let opened = false
  let rescue: number | undefined
  const unblock = () => {
    // The blocking open below returns once somebody reads. Nobody else will: be that reader.
    if (!opened) rescue = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  }
  given.then(unblock, unblock)
  const fd = await new Promise<number>((resolve, reject) => {
    open(path, constants.O_WRONLY, (error, opened) => (error ? reject(error) : resolve(opened)))
  })
  opened = true
  if (rescue === undefined) return new Socket({ fd, readable: false, writable: true })
  closeSync(rescue)
  closeSync(fd)
  return undefined
}
