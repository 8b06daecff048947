import { type MillraceError, toMillraceError } from '../lib/error.ts'
import { fail, ok, type Result } from '../lib/result.ts'
import type { Answer } from './json-request.ts'

/** What a request proves of the settings: fine unless it fails as a whole, or `judge` finds a fault in the answer. */
export async function checkBy(send: Promise<Answer>, judge?: (answer: Answer) => MillraceError | undefined): Promise<Result<void>> {
  try {
    const answer = await send
    const error = judge?.(answer)
    return error === undefined ? ok(undefined) : fail(error)
  } catch (thrown) {
    return fail(toMillraceError(thrown))
  }
}
