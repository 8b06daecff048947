import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import { mendDeduplicationLogs } from './engine/deduplication-log.ts'
import { Engine } from './engine/engine.ts'
import { openFolder } from './folder.ts'
import { Face } from './http/face.ts'

/** ClickHouse's HTTP port. */
const defaultPort = 8123
/** Milliseconds that queries and the engine get to end in. */
const endWithin = 8_000

/**
 * The program: `index.ts --folder DIR [--port N] [--user NAME]`. Prints one line once it serves, or once it cannot
 * (see desktop/host/service.ts), and ends when its stdin closes or on SIGTERM.
 */
export async function serve(args: string[]): Promise<void> {
  // A parent that was killed leaves pipes that nobody reads: what is written there fails, and there is nobody to serve.
  process.stdout.on('error', endNow)
  process.stderr.on('error', endNow)
  let engine: Engine | undefined
  try {
    const options = readOptions(args)
    const folder = openFolder(options.folder)
    // Relative paths in SQL start here (engine/reach.ts lets no others through).
    process.chdir(folder.userFiles)
    engine = await Engine.open(folder.path)
    for (const table of await mendDeduplicationLogs(engine)) console.error(`${table}: forgot tokens of inserts that a kill had cut off`)
    const face = new Face(engine, { user: options.user, password: folder.password })
    const port = await listen(face, options.port)
    endWell(face, engine)
    const { user } = options
    say({ ready: true, url: `http://127.0.0.1:${port}`, user, password: folder.password, port, pid: process.pid })
  } catch (thrown) {
    say({ ready: false, error: toMillraceError(thrown) })
    await engine?.close()
    process.exit(1)
  }
}

function readOptions(args: string[]): { folder: string; port: number | undefined; user: string } {
  const { values } = parse(args)
  if (!values.folder) throw usage('--folder is missing')
  if (values.port !== undefined && !(/^\d{1,5}$/.test(values.port) && Number(values.port) < 65_536))
    throw usage(`--port ${values.port} is not a port`)
  return { folder: resolve(values.folder), port: values.port === undefined ? undefined : Number(values.port), user: values.user }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: { folder: { type: 'string' }, port: { type: 'string' }, user: { type: 'string', default: 'millrace' } },
    })
  } catch (thrown) {
    throw usage((thrown as Error).message)
  }
}

function usage(message: string): MillraceError {
  return new MillraceError({ code: 'usage', fault: 'config', message, mend: 'Usage: index.ts --folder DIR [--port N] [--user NAME]' })
}

/** On the port that was asked for, or else on 8123 or the next one that is free. */
async function listen(face: Face, port: number | undefined): Promise<number> {
  for (let candidate = port ?? defaultPort; ; candidate++) {
    try {
      return await face.listen(candidate)
    } catch (thrown) {
      const { code, message } = thrown as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && port === undefined && candidate < defaultPort + 100) continue
      throw new MillraceError({
        code: code === 'EADDRINUSE' ? 'port-taken' : 'port-refused',
        fault: 'config',
        message: code === 'EADDRINUSE' ? `Port ${candidate} of 127.0.0.1 is taken.` : `Port ${candidate} could not be opened: ${message}`,
        mend: 'Give another --port, or none: the next free one is then taken.',
        cause: thrown,
      })
    }
  }
}

function endWell(face: Face, engine: Engine): void {
  let ending = false
  const end = () => {
    if (ending) return
    ending = true
    setTimeout(endNow, endWithin).unref()
    void face
      .close()
      .then(() => engine.close())
      .finally(() => process.exit(0))
  }
  // A defect must not end it by the usual way out: that closes the pipes, and the engine would take the end of a pipe
  // for the end of the rows, and keep the half of an upload under the token of the whole.
  process.on('uncaughtException', (error) => {
    console.error(error)
    endNow()
  })
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.stdin.once('end', end).once('error', end).resume()
}

/**
 * Ends at once, with the engine open. Not by `process.exit`: the exit handlers of an open engine can wait for ever for
 * a lock that one of its own threads holds (seen with chDB 26.7), and the folder would stay locked. What was
 * acknowledged survives this.
 */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL')
}

function say(message: object): void {
  console.log(JSON.stringify(message))
}
