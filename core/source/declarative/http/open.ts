import type { Runtime } from '../../../lib/runtime.ts'
import type { CustomComponents } from '../custom.ts'
import type { Interpolation } from '../interpolation.ts'
import { budgetSchema } from '../manifest/budget.ts'
import type { Manifest } from '../manifest/read.ts'
import { TokenShelf } from './auth/token.ts'
import { budgetedFetch } from './budget.ts'
import { AnswerCache } from './cache.ts'
import type { Http } from './http.ts'

/** What the requests of one check or read of a manifest share. */
export function openHttp(manifest: Manifest, interpolation: Interpolation, runtime: Runtime, custom: CustomComponents): Http {
  const budget = manifest.api_budget
  return {
    interpolation,
    runtime: budget === undefined ? runtime : { ...runtime, fetch: budgetedFetch(budgetSchema.parse(budget), interpolation, runtime) },
    tokens: new TokenShelf(),
    cache: new AnswerCache(),
    custom,
  }
}
