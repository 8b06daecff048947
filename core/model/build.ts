import { type ErrorData, MillraceError, toMillraceError } from '../lib/error.ts'
import type { Progress } from '../lib/progress.ts'
import type { Runtime } from '../lib/runtime.ts'
import { didYouMean } from '../lib/suggest.ts'
import { modelGraph, modelsNeeded, withNeeds } from '../stack/model-graph.ts'
import type { ModelConfig } from '../stack/schema.ts'
import type { Definition, SqlText, Stack } from '../stack/stack.ts'
import { cycleProblem } from '../stack/validate.ts'
import type { Warehouse } from '../warehouse/port.ts'
import { compileSql, placeInFile, sqlError } from './compile.ts'
import { materialize } from './materialize.ts'
import { testModel, type TestOutcome } from './test.ts'

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

type Model = Definition<ModelConfig & SqlText>

/**
 * Builds models in the order of their references, and tests them. A model that fails does not sink
 * the others; those that need it are skipped. Nothing is thrown for an expected failure but
 * `unknown-model` for `only`; a reader of `models.*` sees the old or the new model, never half of one.
 */
export async function buildModels(build: ModelBuild): Promise<BuildResult> {
  return forEachModel(build, async (model) => {
    const { stack, warehouse, runtime } = build
    const sql = compileSql(stack, model.content.sql, placeInFile(model.path, model.content))
    await warehouse.command('CREATE DATABASE IF NOT EXISTS models', { signal: runtime.signal })
    const rows = await materialize(warehouse, model, sql, runtime.signal)
    return { rows, tests: await testModel(warehouse, stack, model, runtime.signal) }
  })
}

/** Runs the tests of models as they stand in the warehouse, without building them. */
export async function testModels(build: ModelBuild): Promise<BuildResult> {
  return forEachModel(build, async (model) => ({
    rows: undefined,
    tests: await testModel(build.warehouse, build.stack, model, build.runtime.signal),
  }))
}

async function forEachModel(
  build: ModelBuild,
  work: (model: Model) => Promise<{ rows: number | undefined; tests: TestOutcome[] }>,
): Promise<BuildResult> {
  const { runtime } = build
  const { models, broken } = select(build)
  const outcomes: ModelOutcome[] = []
  const add = (outcome: ModelOutcome) => {
    outcomes.push(outcome)
    build.onModel?.(outcome)
    build.progress?.(countOutcomes(outcomes, models.length))
  }
  for (const model of models) {
    if (runtime.signal.aborted) break
    const startedAt = runtime.clock.now()
    const end = (rest: Pick<ModelOutcome, 'status'> & Partial<ModelOutcome>): ModelOutcome => ({
      name: model.name,
      path: model.path,
      materialized: model.content.materialized,
      startedAt,
      endedAt: runtime.clock.now(),
      tests: [],
      ...rest,
    })
    const own = broken.get(model.name)
    const missing = modelsNeeded(model.content.sql).find((needed) =>
      outcomes.some(({ name, status }) => name === needed && status !== 'built'),
    )
    if (own !== undefined) add(end({ status: 'failed', error: own }))
    else if (missing !== undefined) add(end({ status: 'skipped', error: skipped(model, missing) }))
    else {
      try {
        const { rows, tests } = await work(model)
        const failed = tests.find(({ status }) => status !== 'passed')
        add(
          end({
            status: 'built',
            tests,
            ...(rows === undefined ? {} : { rows }),
            ...(failed === undefined ? {} : { error: testError(model, failed) }),
          }),
        )
      } catch (thrown) {
        if (runtime.signal.aborted) break
        add(end({ status: 'failed', error: toMillraceError(sqlError(thrown, { file: model.path }, model.content)).toJSON() }))
      }
    }
  }
  const counts = countOutcomes(outcomes, models.length)
  const error = outcomes.find((outcome) => outcome.error !== undefined)?.error
  const status = runtime.signal.aborted ? 'cancelled' : error === undefined ? 'succeeded' : counts.built === 0 ? 'failed' : 'partial'
  return { status, counts, models: outcomes, ...(error === undefined ? {} : { error }) }
}

/** The models to work on, in order; with those that cannot be built and why (they lie on a cycle). */
function select({ stack, only }: ModelBuild): { models: Model[]; broken: Map<string, ErrorData> } {
  const graph = modelGraph(stack.models)
  const byName = new Map(stack.models.map((model) => [model.name, model]))
  if (only !== undefined && !byName.has(only)) throw unknownModel(stack, only)
  const broken = new Map<string, ErrorData>()
  for (const cycle of graph.cycles) {
    for (const name of cycle)
      if (!broken.has(name)) broken.set(name, new MillraceError(cycleProblem(byName.get(cycle[0]!)!, cycle)).toJSON())
  }
  const wanted = only === undefined ? new Set(byName.keys()) : withNeeds(graph, only)
  // Those on a cycle come first, so that what needs them finds them failed.
  const order = [...broken.keys(), ...graph.order]
  return { models: order.filter((name) => wanted.has(name)).map((name) => byName.get(name)!), broken }
}

function unknownModel(stack: Stack, name: string): MillraceError {
  const own = stack.problems.find(({ at, severity }) => severity === 'error' && at?.file?.endsWith(`/${name}.sql`))
  if (own !== undefined) return new MillraceError(own)
  return new MillraceError({
    code: 'unknown-model',
    fault: 'config',
    message: `There is no model "${name}".`,
    mend: didYouMean(
      name,
      stack.models.map((model) => model.name),
      'models',
    ),
  })
}

function skipped(model: Model, needed: string): ErrorData {
  return {
    code: 'model-skipped',
    fault: 'config',
    retryable: false,
    message: `Not built, because the model "${needed}" that it needs was not.`,
    at: { file: model.path },
    mend: `Mend ${needed} first.`,
  }
}

function testError(model: Model, failed: TestOutcome): ErrorData {
  if (failed.error !== undefined) return failed.error
  return {
    code: 'model-test-failed',
    fault: 'config',
    retryable: false,
    message: `The test ${failed.test} found ${failed.failures} ${failed.failures === 1 ? 'failure' : 'failures'}, such as ${JSON.stringify(failed.sample[0])}.`,
    at: { file: model.path },
    mend: 'Mend the model, the data or the test.',
  }
}

function countOutcomes(outcomes: readonly ModelOutcome[], models: number): Record<string, number> {
  const count = (status: ModelOutcome['status']) => outcomes.filter((outcome) => outcome.status === status).length
  const tests = outcomes.flatMap((outcome) => outcome.tests)
  return {
    models,
    built: count('built'),
    failed: count('failed'),
    skipped: count('skipped'),
    rows: outcomes.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    tests: tests.length,
    tests_failed: tests.filter(({ status }) => status !== 'passed').length,
  }
}
