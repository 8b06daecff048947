import { MillraceError } from '#core/lib/error.ts'
import { buildTraits } from '#core/profile/build.ts'
import type { JobScope } from './scope.ts'

/** One step a trait. */
export async function executeTraits(name: string | undefined, scope: JobScope): Promise<void> {
  const result = await buildTraits({
    stack: scope.view.stack,
    only: name,
    warehouse: scope.warehouse,
    runtime: scope.runtime,
    progress: (counts) => scope.recorder.count('traits', counts),
    onTrait: (outcome) =>
      scope.recorder.note(`trait ${outcome.name}`, {
        status: outcome.status === 'built' ? 'succeeded' : 'failed',
        counts: { entities: outcome.entities },
        error: outcome.error,
        startedAt: outcome.startedAt,
        endedAt: outcome.endedAt,
      }),
  })
  scope.recorder.count('traits', result.counts)
  if (result.error !== undefined && result.traits.length === 0) throw new MillraceError(result.error)
}
