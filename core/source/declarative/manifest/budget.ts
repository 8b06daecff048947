import { z } from 'zod'
import { amount, json, text } from './field.ts'

/* How many requests an API allows, as the low-code CDK's component schema defines it (HTTPAPIBudget). */

const matcherSchema = z.looseObject({
  method: z.string().optional(),
  url_base: text.optional(),
  url_path_pattern: z.string().optional(),
  params: z.record(z.string(), json).default({}),
  headers: z.record(z.string(), json).default({}),
  weight: amount.optional(),
})

const matchers = z.array(matcherSchema).default([])

const policySchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('FixedWindowCallRatePolicy'), period: text, call_limit: amount, matchers }),
  z.looseObject({
    type: z.literal('MovingWindowCallRatePolicy'),
    rates: z.array(z.looseObject({ limit: amount, interval: text })).min(1),
    matchers,
  }),
  z.looseObject({ type: z.literal('UnlimitedCallRatePolicy'), matchers }),
])

export const budgetSchema = z.looseObject({
  type: z.literal('HTTPAPIBudget'),
  policies: z.array(policySchema),
  ratelimit_reset_header: z.string().default('ratelimit-reset'),
  ratelimit_remaining_header: z.string().default('ratelimit-remaining'),
  status_codes_for_ratelimit_hit: z.array(z.number().int()).default([429]),
})

export type BudgetComponent = z.infer<typeof budgetSchema>
export type PolicyComponent = z.infer<typeof policySchema>
export type MatcherComponent = z.infer<typeof matcherSchema>
