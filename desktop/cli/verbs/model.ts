import type { Command } from 'commander'
import { runJob } from '../run-job.ts'
import { verb } from '../verb.ts'

export function addModel(program: Command): void {
  const model = program.command('model').description('SQL models: build, test')
  verb<[string | undefined]>(
    model.command('build [name]').description('build all models, or one and what it needs, and test them'),
    (context, _options, name) => runJob(context, { kind: 'models', ...(name === undefined ? {} : { name }) }),
  )
  verb<[string | undefined]>(
    model.command('test [name]').description('test models as they stand in the warehouse'),
    (context, _options, name) => runJob(context, { kind: 'models', testOnly: true, ...(name === undefined ? {} : { name }) }),
  )
}
