import type { Runtime } from '../../../lib/runtime.ts'
import type { CustomComponents } from '../custom.ts'
import type { BodyDecoder } from '../decode/answer.ts'
import type { Interpolation } from '../interpolation.ts'
import type { RequesterComponent } from '../manifest/requester.ts'
import type { TokenShelf } from './auth/token.ts'
import type { Accepted } from './answer.ts'
import type { Budget } from './budget.ts'
import type { AnswerCache } from './cache.ts'
import type { RequestParts } from './option.ts'

/** What all requests of one check or one read share. */
export interface Http {
  interpolation: Interpolation
  /** What the budget learns from the API, it learns through its fetch. */
  runtime: Runtime
  /** Missing when the manifest sets none. */
  budget: Budget | undefined
  tokens: TokenShelf
  cache: AnswerCache
  /** Implementations of custom components. */
  custom: CustomComponents
}

/**
 * Sends a request and reads its answer (as JSON, unless there is a decoder), by the requester's error handler; undefined where the
 * handler says to ignore the answer. `parts` are without credentials.
 */
export type Send = (
  requester: RequesterComponent,
  url: string,
  parts: RequestParts,
  http: Http,
  decoder?: BodyDecoder,
) => Promise<Accepted | undefined>
