import { type Command, CommanderError, InvalidArgumentError } from 'commander'
import { toMillraceError } from '#core/lib/error.ts'
import { createOutput, type Output } from './output.ts'

/** What the verb came to; the exit code says it. */
export type Outcome = 'done' | 'failed' | 'partly'

export const exitCodes = { done: 0, failed: 1, usage: 2, partly: 3 } as const

/** What every verb is given. */
export interface VerbContext {
  /** `--stack`, as given. */
  stack: string | undefined
  /** `--env`, as given. */
  environment: string | undefined
  output: Output
  /** Aborts on Ctrl-C and SIGTERM. A second one ends the process at once. */
  signal: AbortSignal
}

/** Milliseconds that output may take to drain, at most. */
const lingering = 3000

interface CommonOptions {
  stack?: string
  env?: string
  json?: boolean
}

/** Gives a command the options that every verb takes, and runs it: an error is printed and becomes the exit code. */
export function verb<Args extends unknown[]>(
  command: Command,
  run: (context: VerbContext, options: Record<string, any>, ...args: Args) => Promise<Outcome>,
): Command {
  return command
    .option('--stack <dir>', 'folder of the stack (default: the current folder, or the nearest above that has a millrace.yaml)')
    .option('--env <name>', 'environment of millrace.yaml whose variables apply')
    .option('--json', 'one JSON line at a time on stdout, for programs')
    .action(async (...all: unknown[]) => {
      const args = all.slice(0, -2) as Args
      const options = all.at(-2) as CommonOptions & Record<string, unknown>
      const output = createOutput(options.json === true, process.stdout, process.stderr)
      const signal = interruption()
      try {
        const outcome = await run({ stack: options.stack, environment: options.env, output, signal }, options, ...args)
        process.exitCode = exitCodes[outcome]
      } catch (thrown) {
        // Wrong usage that only the verb could see (`command.error`); index.ts makes it the exit code.
        if (thrown instanceof CommanderError) throw thrown
        output.error(toMillraceError(thrown).toJSON())
        process.exitCode = exitCodes.failed
      }
      // A connection that somebody left open does not keep the command: what it had to say is said.
      setTimeout(() => process.exit(), lingering).unref()
    })
}

/** For options that are counts or ports. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= minimum && value <= maximum && text.trim() !== '') return value
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`)
  }
}

export const portNumber = wholeNumber(0, 65_535)

function interruption(): AbortSignal {
  const abort = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (abort.signal.aborted) process.exit(130)
      abort.abort()
    })
  }
  return abort.signal
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
