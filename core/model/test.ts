import type { ErrorData } from '../lib/error.ts'

/** One test of one model. */
export interface TestOutcome {
  /** `unique(id)`, `not_null(email)`, … */
  test: string
  status: 'passed' | 'failed' | 'error'
  /** Values or rows that break it. */
  failures: number
  /** Some of them. */
  sample: Record<string, unknown>[]
  error?: ErrorData
}
