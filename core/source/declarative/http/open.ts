import type { Runtime } from '../../../lib/runtime.ts'
import type { CustomComponents } from '../custom.ts'
import type { Interpolation } from '../interpolation.ts'
import { budgetSchema } from '../manifest/budget.ts'
import type { Manifest } from '../manifest/read.ts'
import { TokenShelf } from './auth/token.ts'
import { Budget } from './budget.ts'
import { AnswerCache } from './cache.ts'
import type { Http } from './http.ts'

/** What the requests of one check or read of a manifest share. */
export function openHttp(manifest: Manifest, interpolation: Interpolation, runtime: Runtime, custom: CustomComponents): Http {
  const { api_budget } = manifest
  const budget = api_budget === undefined ? undefined : new Budget(budgetSchema.parse(api_budget), interpolation, runtime)
  return {
    interpolation,
    runtime: budget === undefined ? runtime : { ...runtime, fetch: budget.fetch },
    budget,
    tokens: new TokenShelf(),
    cache: new AnswerCache(),
    custom,
  }
}
