import type { ErrorData } from '../lib/error.ts'

/** What a run does, as plain data: the steps that `execute` carries out, one by one, and nothing else. */
export interface Plan {
  sync: string
  steps: Step[]
  counts: { add: number; update: number; delete: number; unchanged: number; retry: number }
  /** Why a run would stop before its first delivery. */
  blocked?: ErrorData
  samples: Sample[]
}

export interface Step {
  kind: 'prepare' | 'upsert' | 'delete' | 'acknowledge'
  description: string
  rows: number
  batches: number
}

export interface Sample {
  operation: 'add' | 'update' | 'delete'
  key: string
  before?: Record<string, unknown>
  after?: Record<string, unknown>
}
