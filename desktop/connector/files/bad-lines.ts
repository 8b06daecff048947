import { MillraceError } from '#core/lib/error.ts'
import type { Log } from '#core/lib/runtime.ts'
import type { StreamConfig } from './config.ts'

/** More lines than this of one file are counted, and no longer logged each. */
const maxLogged = 20

/** What becomes of the lines of a file that cannot be read: the first ends it, or all are left out, logged and counted. */
export class BadLines {
  private readonly name: string
  private readonly policy: StreamConfig['on_bad_line']
  private readonly log: Log
  private count = 0

  constructor(name: string, policy: StreamConfig['on_bad_line'], log: Log) {
    this.name = name
    this.policy = policy
    this.log = log
  }

  /** Throws `bad-line` where such a line ends the file. */
  note(line: number, reason: string, cause?: unknown): void {
    if (this.policy === 'fail') throw this.end(line, reason, cause)
    this.count++
    if (this.count <= maxLogged) this.log('warn', `A line of ${this.name} cannot be read and is left out`, { line, reason })
  }

  /** The error of a line after which the rest of the file cannot be read either, whatever the policy is. */
  end(line: number, reason: string, cause?: unknown): MillraceError {
    return new MillraceError({
      code: 'bad-line',
      fault: 'config',
      message: `${this.name}, line ${line}: ${reason}`,
      mend: 'Correct the file or the options of the stream; on_bad_line: skip leaves out single lines.',
      cause,
    })
  }

  /** Says at the file's end how many there were. */
  sum(): void {
    if (this.count > 0) this.log('warn', `${this.count} lines of ${this.name} could not be read and were left out`, { skipped: this.count })
  }
}
