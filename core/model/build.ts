import type { ErrorData } from '../lib/error.ts'
import type { Progress } from '../lib/progress.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { Stack } from '../stack/stack.ts'
import type { Warehouse } from '../warehouse/port.ts'
import type { TestOutcome } from './test.ts'

export interface ModelBuild {
  stack: Stack
  /** One model and what it needs; without it, all. */
  only?: string | undefined
  warehouse: Warehouse
  runtime: Runtime
  /** Counts: `models`, `built`, `failed`, `skipped`, `rows`, `tests`, `tests_failed`. */
  progress?: Progress | undefined
  /** Called as each model ends. */
  onModel?: ((outcome: ModelOutcome) => void) | undefined
}

export interface BuildResult {
  /** `partial`: some models were built and some not, or a test failed. */
  status: 'succeeded' | 'partial' | 'failed' | 'cancelled'
  counts: Record<string, number>
  /** In the order they were built. */
  models: ModelOutcome[]
  /** The first failure. */
  error?: ErrorData
}

export interface ModelOutcome {
  name: string
  path: string
  materialized: 'view' | 'table'
  /** `skipped`: something it needs failed. */
  status: 'built' | 'failed' | 'skipped'
  startedAt: number
  endedAt: number
  /** Of a table. */
  rows?: number
  error?: ErrorData
  tests: TestOutcome[]
}

/**
 * Builds models in the order of their references, and tests them. A model that fails does not sink
 * the others; those that need it are skipped. Nothing is thrown for an expected failure but
 * `unknown-model` for `only`; a reader of `models.*` sees the old or the new model, never half of one.
 */
export async function buildModels(_build: ModelBuild): Promise<BuildResult> {
  throw new Error('being built')
}

/** Runs the tests of models as they stand in the warehouse, without building them. */
export async function testModels(_build: ModelBuild): Promise<BuildResult> {
  throw new Error('being built')
}
