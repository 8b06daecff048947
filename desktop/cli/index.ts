import { Command, CommanderError } from 'commander'
import { version } from '#desktop/host/version.ts'
import { addDoctor } from './verbs/doctor.ts'
import { addEdge } from './verbs/edge.ts'
import { addInit } from './verbs/init.ts'
import { addModel } from './verbs/model.ts'
import { addPlan } from './verbs/plan.ts'
import { addPublish } from './verbs/publish.ts'
import { addQuery } from './verbs/query.ts'
import { addRun } from './verbs/run.ts'
import { addServe, addStudio } from './verbs/serve.ts'
import { addSource } from './verbs/source.ts'
import { addSync } from './verbs/sync.ts'
import { addTail } from './verbs/tail.ts'
import { addTrait } from './verbs/trait.ts'
import { addTransform } from './verbs/transform.ts'
import { addUp } from './verbs/up.ts'
import { addUser } from './verbs/user.ts'
import { addValidate } from './verbs/validate.ts'
import { addWarehouse } from './verbs/warehouse.ts'
import { exitCodes } from './verb.ts'

const program = new Command('millrace')
  .description('A warehouse-first customer data platform for ClickHouse.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(--help shows what there is)')
  .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 partly done.')

for (const add of [
  addUp,
  addInit,
  addStudio,
  addServe,
  addWarehouse,
  addEdge,
  addValidate,
  addSource,
  addModel,
  addTrait,
  addTransform,
  addSync,
  addRun,
  addPlan,
  addPublish,
  addTail,
  addUser,
  addQuery,
  addDoctor,
]) {
  add(program)
}

// Started by a Node that is too old (bin/millrace.js): when that one is gone, so is whoever wanted this.
if (process.channel !== undefined) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel.unref()
}

// A reader that had enough (`| head`) ends the output, not with a crash.
process.stdout.on('error', (thrown: NodeJS.ErrnoException) => {
  if (thrown.code === 'EPIPE') process.exit()
  throw thrown
})

try {
  await program.parseAsync()
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown
  // Help that was asked for is no mistake; everything else commander throws is wrong usage, and it has said so.
  process.exitCode = thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage
}
