/** Whose fault a failure is, and so who has to act: the user's settings, a passing condition, or us/the other side. */
export type Fault = 'config' | 'transient' | 'system'

/**
 * An expected failure. It travels as a value inside a {@link Result} where the caller is meant to
 * act on it, or is thrown where it ends the run; either way it carries what a person needs to mend it.
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  /** Stable, kebab-case: what went wrong (`unknown-ref`, `warehouse-unreachable`). */
  readonly code: string
  readonly fault: Fault
  /** True when the same call may succeed later without a change. */
  readonly retryable: boolean
  /** Where it was: a file of the stack, or a field of a payload. */
  readonly at: Place | undefined
  /** What to do about it, as a sentence. */
  readonly mend: string | undefined
  /** Seconds the other side asked us to wait (`Retry-After`), when it did. */
  readonly retryAfter: number | undefined

  constructor(init: ErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = init.code
    this.fault = init.fault
    this.retryable = init.retryable ?? init.fault === 'transient'
    this.at = init.at
    this.mend = init.mend
    this.retryAfter = init.retryAfter
  }

  /** The form that crosses a process boundary or is stored. */
  toJSON(): ErrorData {
    return { code: this.code, fault: this.fault, message: this.message, retryable: this.retryable, at: this.at, mend: this.mend }
  }
}

/** A position in a file of the stack (lines and columns count from 1) or a path into a payload. */
export interface Place {
  file?: string
  line?: number
  column?: number
  field?: string
}

export interface ErrorInit {
  code: string
  fault: Fault
  message: string
  retryable?: boolean
  at?: Place | undefined
  mend?: string | undefined
  retryAfter?: number | undefined
  cause?: unknown
}

export interface ErrorData {
  code: string
  fault: Fault
  message: string
  retryable: boolean
  at?: Place | undefined
  mend?: string | undefined
}

/** Any thrown value as a {@link MillraceError}: ours unchanged, an abort as `cancelled`, the rest as a `system` defect. */
export function toMillraceError(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return cancelled('The work was cancelled.', thrown)
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new MillraceError({ code: 'unexpected', fault: 'system', message, cause: thrown })
}

/** The error of work that its own signal ended. */
export function cancelled(message: string, cause: unknown): MillraceError {
  return new MillraceError({ code: 'cancelled', fault: 'transient', retryable: false, message, cause })
}

/** `file:line:column field` of a place, as far as it is known. */
export function formatPlace(place: Place): string {
  const position = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':')
  return [position, place.field].filter(Boolean).join(' ')
}

/** One line for a terminal: where, what, and the mend. */
export function formatError(error: ErrorData): string {
  const where = error.at ? formatPlace(error.at) : ''
  return [where && `${where}:`, error.message, error.mend].filter(Boolean).join(' ')
}
