import type { Command } from 'commander'
import { runJob } from '../run-job.ts'
import { verb } from '../verb.ts'

export function addRun(program: Command): void {
  verb(program.command('run').description('sources, models, traits and syncs, in that order'), (context) =>
    runJob(context, { kind: 'all' }),
  )
}
