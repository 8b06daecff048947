import { MillraceError } from '../lib/error.ts'
import type { StreamSettings } from '../stack/stream-settings.ts'

export type ShapePolicy = NonNullable<StreamSettings['schema']>

/** What did not fit a row: the column, or the field that has none, and the value as JSON. */
export type Misfits = Record<string, string>

/** What becomes of a row with values that did not fit. */
export type Verdict = { keepsRow: false } | { keepsRow: true; errors: Misfits | undefined }

/** Counts what a stream's policy left out, by field. */
export class ShapeKeeper {
  rows = 0
  values = 0
  private readonly policy: ShapePolicy
  private readonly stream: string
  private readonly fields = new Map<string, number>()

  constructor(policy: ShapePolicy, stream: string) {
    this.policy = policy
    this.stream = stream
  }

  judge(misfits: Misfits): Verdict {
    switch (this.policy) {
      case 'evolve':
      case 'freeze':
        return { keepsRow: true, errors: misfits }
      case 'discard_value':
        this.note(misfits)
        return { keepsRow: true, errors: undefined }
      case 'discard_row':
        this.rows++
        this.note(misfits)
        return { keepsRow: false }
      case 'stop':
        throw this.stopped(misfits)
    }
  }

  /** What was left out, as sentences. */
  sentences(): string[] {
    const what = this.policy === 'discard_row' ? 'rows for their value' : 'values'
    return [...this.fields].map(([field, count]) => `leave out ${count} ${what} of ${field}: schema is ${this.policy}`)
  }

  private note(misfits: Misfits): void {
    for (const field of Object.keys(misfits)) {
      if (this.policy === 'discard_value') this.values++
      this.fields.set(field, (this.fields.get(field) ?? 0) + 1)
    }
  }

  private stopped(misfits: Misfits): MillraceError {
    const [[field, value]] = Object.entries(misfits) as [[string, string]]
    return new MillraceError({
      code: 'schema-changed',
      fault: 'config',
      message: `A record of ${this.stream} has ${value.slice(0, 100)} at ${field}, which its table has no column for or does not fit, and its schema is to stop at that.`,
      mend: 'Set schema of the stream to evolve, once, to take the change; or to discard_value or discard_row.',
    })
  }
}
