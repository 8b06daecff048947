import { MillraceError } from '#core/lib/error.ts'
import { buildModels, type ModelOutcome, testModels } from '#core/model/build.ts'
import type { JobScope } from './scope.ts'

/** One step a model. */
export async function executeModels(job: { name?: string | undefined; testOnly?: boolean | undefined }, scope: JobScope): Promise<void> {
  const work = job.testOnly === true ? testModels : buildModels
  const result = await work({
    stack: scope.view.stack,
    only: job.name,
    warehouse: scope.warehouse,
    runtime: scope.runtime,
    progress: (counts) => scope.recorder.count('models', counts),
    onModel: (outcome) => noteModel(outcome, scope),
  })
  scope.recorder.count('models', result.counts)
  if (result.error !== undefined && result.models.length === 0) throw new MillraceError(result.error)
}

function noteModel(outcome: ModelOutcome, scope: JobScope): void {
  const broken = outcome.tests.filter((test) => test.status !== 'passed')
  for (const test of broken) {
    scope.runtime.log('error', `Test ${test.test} of model ${outcome.name} ${test.status === 'error' ? 'could not be run' : 'failed'}.`, {
      failures: test.failures,
      sample: test.sample,
      ...(test.error === undefined ? {} : { error: test.error.message }),
    })
  }
  const error =
    outcome.error ?? broken[0]?.error ?? (broken.length === 0 ? undefined : testError(outcome, broken[0]!.test, broken[0]!.failures))
  scope.recorder.note(`model ${outcome.name}`, {
    status:
      outcome.status === 'built' ? (broken.length === 0 ? 'succeeded' : 'partial') : outcome.status === 'failed' ? 'failed' : 'cancelled',
    counts: { ...(outcome.rows === undefined ? {} : { rows: outcome.rows }), tests: outcome.tests.length, tests_failed: broken.length },
    error,
    startedAt: outcome.startedAt,
    endedAt: outcome.endedAt,
  })
}

function testError(outcome: ModelOutcome, test: string, failures: number) {
  return new MillraceError({
    code: 'test-failed',
    fault: 'config',
    message: `Test ${test} of model ${outcome.name} failed for ${failures} ${failures === 1 ? 'value' : 'values'}.`,
    at: { file: outcome.path },
  }).toJSON()
}
