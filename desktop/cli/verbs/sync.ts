import type { Command } from 'commander'
import type { Plan } from '#core/host/contract.ts'
import { formatError } from '#core/lib/error.ts'
import { formatTable } from '../output.ts'
import { formatCounts, runJob } from '../run-job.ts'
import { withSession } from '../session.ts'
import { verb } from '../verb.ts'

export function addSync(program: Command): void {
  const sync = program.command('sync').description('reverse ETL: plan, run, retry')
  verb<[string]>(
    sync.command('plan <name>').description('the very steps that a run would take; nothing is sent'),
    (context, _options, name) =>
      withSession(context, async ({ client }) => {
        const plan = await client.call('sync.plan', { name })
        context.output.result(plan, formatPlan(plan))
        return plan.blocked === undefined ? 'done' : 'failed'
      }),
  )
  verb<[string]>(sync.command('run <name>').description('plan and deliver'), (context, _options, name) =>
    runJob(context, { kind: 'sync', name }),
  )
  verb<[string]>(sync.command('retry <name>').description('deliver the rows that the tool refused before'), (context, _options, name) =>
    runJob(context, { kind: 'sync', name, retryOnly: true }),
  )
}

function formatPlan(plan: Plan): string {
  const change = { add: '+', update: '~', delete: '-' } as const
  const samples = plan.samples.map(
    (sample) => `  ${change[sample.operation]} ${sample.key} ${JSON.stringify(sample.after ?? sample.before ?? {})}`,
  )
  return [
    formatTable(
      ['step', 'rows', 'batches', 'what'],
      plan.steps.map((step) => [step.kind, step.rows, step.batches, step.description]),
    ),
    `${plan.sync}: ${formatCounts(plan.counts) || 'nothing to do'}`,
    ...(samples.length === 0 ? [] : ['For example:', ...samples]),
    ...(plan.blocked === undefined ? [] : [`A run would stop: ${formatError(plan.blocked)}`]),
  ].join('\n')
}
