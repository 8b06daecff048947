import { retrySync, runSync } from '#core/sync/run.ts'
import { connectors, type JobScope } from './scope.ts'

/** One step: planning and delivering, with the counts of both. */
export async function executeSync(job: { name: string; retryOnly?: boolean | undefined }, scope: JobScope): Promise<void> {
  const work = job.retryOnly === true ? retrySync : runSync
  await scope.recorder.step(`sync ${job.name}`, async (report) => {
    const { status, counts, error, plan } = await work({
      stack: scope.view.stack,
      name: job.name,
      destinations: connectors.destinations,
      resolver: scope.view.resolver,
      warehouse: scope.warehouse,
      runtime: scope.runtime,
      runId: scope.recorder.run.id,
      progress(latest) {
        report(latest)
        scope.recorder.count(`sync ${job.name}`, latest)
      },
    })
    for (const step of plan.steps) scope.runtime.log('info', step.description, { step: step.kind, rows: step.rows, batches: step.batches })
    scope.recorder.count(`sync ${job.name}`, counts)
    return { status, counts, ...(error === undefined ? {} : { error }) }
  })
}
