import type { Job } from '#core/host/contract.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { StateStore } from '#core/pipeline/state.ts'
import type { Stack, StackFiles } from '#core/stack/stack.ts'
import type { Warehouse } from '#core/warehouse/port.ts'
import type { ExecuteJob } from '../runner.ts'
import { jobKey } from '../run-store.ts'
import type { StackView } from '../stack-view.ts'
import type { Vaults } from '../vault.ts'
import { executeModels } from './models.ts'
import type { JobScope } from './scope.ts'
import { executeSource, sourcesByDatabase } from './source.ts'
import { executeSync } from './sync.ts'
import { executeTraits } from './traits.ts'

/** What jobs work with. */
export interface JobContext {
  /** The stack as it is when the job starts; a job goes on with the one it started with. */
  view: () => StackView
  files: StackFiles
  /** The stack's, absolute. */
  folder: string
  warehouse: Warehouse
  state: StateStore
  vaults: Vaults
  /** Brings the warehouse to the platform's tables. */
  tables: () => Promise<void>
}

export function createExecute(context: JobContext): ExecuteJob {
  return async (job, work) => {
    const { files, folder, warehouse, state, vaults } = context
    const scope: JobScope = { ...work, view: context.view(), files, folder, warehouse, state, vaults }
    await context.tables()
    await executeJob(job, scope)
  }
}

async function executeJob(job: Job, scope: JobScope): Promise<void> {
  switch (job.kind) {
    case 'source':
      return executeSource(job, scope)
    case 'models':
      return executeModels(job, scope)
    case 'traits':
      return executeTraits(job.name, scope)
    case 'sync':
      return executeSync(job, scope)
    case 'all':
      return executeAll(scope)
  }
}

/** In the order the data takes. What fails on the way stands in its step; what comes after works with what is there. */
async function executeAll(scope: JobScope): Promise<void> {
  const { stack } = scope.view
  const attempt = async (name: string, work: () => Promise<void>) => {
    try {
      await work()
    } catch (thrown) {
      await scope.recorder.step(name, () => Promise.reject(thrown as Error))
    }
  }
  // Of those with one database, one after the other: which table is whose is known once the first has written it.
  await Promise.all(
    [...sourcesByDatabase(stack).values()].map(async (names) => {
      for (const name of names) await attempt(`source ${name}`, () => executeSource({ name }, scope))
    }),
  )
  if (stack.models.length > 0) await attempt('models', () => executeModels({}, scope))
  if (stack.traits.length > 0) await attempt('traits', () => executeTraits(undefined, scope))
  for (const sync of stack.syncs) await attempt(`sync ${sync.name}`, () => executeSync({ name: sync.name }, scope))
}

/** What a job has for itself while it runs. Throws `unknown-…` for a job that names nothing of the stack. */
export function jobKeys(job: Job, stack: Stack): string[] {
  if (job.kind === 'all') {
    return [
      ...stack.sources.map((source) => `source:${source.name}`),
      ...[...sourcesByDatabase(stack).keys()].map((database) => `database:${database}`),
      'models',
      'traits',
      ...stack.syncs.map((sync) => `sync:${sync.name}`),
    ]
  }
  if (job.kind === 'models' || job.kind === 'traits') return [job.kind]
  const database = job.kind === 'source' ? [...sourcesByDatabase(stack)].find(([, names]) => names.includes(job.name))?.[0] : undefined
  return [jobKey(job), ...(database === undefined ? [] : [`database:${database}`])]
}

/** Throws when the job names nothing of the stack: better at once than as a failed run. */
export function checkJob(job: Job, stack: Stack): void {
  if (!('name' in job) || job.name === undefined) return
  const definitions = { source: stack.sources, models: stack.models, traits: stack.traits, sync: stack.syncs }[job.kind]
  const known = definitions.some((definition) => definition.name === job.name)
  if (known) return
  const noun = { source: 'source', models: 'model', traits: 'trait', sync: 'sync' }[job.kind]
  throw new MillraceError({
    code: `unknown-${noun}`,
    fault: 'config',
    message: `The stack has no ${noun} "${job.name}".`,
    mend: definitions.length === 0 ? undefined : `It has: ${definitions.map((definition) => definition.name).join(', ')}.`,
  })
}
