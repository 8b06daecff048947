import { type MillraceError, toMillraceError } from './error.ts'

/** The outcome of something that is expected to fail at times. */
export type Result<T> = { ok: true; value: T } | { ok: false; error: MillraceError }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function fail<T = never>(error: MillraceError): Result<T> {
  return { ok: false, error }
}

/** The value, or the error thrown. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw result.error
}

/** What the work comes to; whatever it throws is its error. */
export async function attempt<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work())
  } catch (thrown) {
    return fail(toMillraceError(thrown))
  }
}
