import type { Command } from 'commander'
import type { MethodOutput } from '#core/host/contract.ts'
import { formatTable } from '../output.ts'
import { withSession } from '../session.ts'
import { verb, wholeNumber } from '../verb.ts'

export function addPlan(program: Command): void {
  const plan = program.command('plan').description('tracking plans: infer, check, violations')
  verb(
    plan
      .command('infer')
      .description('print a plan that the stored events follow, to be saved as plans/NAME.yaml')
      .option('--source <name>', 'only events of this source')
      .option('--event <name>', 'only this track event, by its name as sent')
      .option('--days <n>', 'events of the last n days', wholeNumber(1, 3650), 30)
      .option('--limit <n>', 'the newest n events', wholeNumber(1, 10_000_000), 100_000)
      .option('--enums <n>', 'list the values of strings that have at most n different ones', wholeNumber(0, 1000), 0),
    (context, { source, event, days, limit, enums }) =>
      withSession(context, async ({ client }) => {
        const { text, events, leftOut } = await client.call('plan.infer', { source, event, days, limit, enumUpTo: enums })
        context.output.note(`Inferred from ${events.toLocaleString('en-US')} events.`)
        if (leftOut > 0) context.output.note(`${leftOut.toLocaleString('en-US')} events are left out: they have too many different names.`)
        context.output.result({ events, leftOut, text }, text)
        return 'done'
      }),
  )
  verb<[string]>(
    plan
      .command('check <name>')
      .description('hold stored events against a plan before it is published; ends with 1 when some would be rejected')
      .option('--source <name>', 'events of this source (default: of the sources that name the plan)')
      .option('--days <n>', 'events of the last n days', wholeNumber(1, 3650), 7)
      .option('--limit <n>', 'the newest n events', wholeNumber(1, 10_000_000), 100_000),
    (context, { source, days, limit }, name) =>
      withSession(context, async ({ client }) => {
        const trial = await client.call('plan.check', { name, source, days, limit })
        context.output.result({ plan: name, ...trial }, formatTrial(trial))
        return trial.rejected > 0 ? 'failed' : 'done'
      }),
  )
  verb(
    plan
      .command('violations')
      .description('how often events broke which rule')
      .option('--source <name>', 'only events of this source')
      .option('--days <n>', 'events of the last n days', wholeNumber(1, 3650), 7),
    (context, { source, days }) =>
      withSession(context, async ({ client }) => {
        const { violations, total } = await client.call('plan.violations', { source, days })
        const rows = violations.map((broken) => [
          broken.source,
          broken.event || broken.type,
          broken.rule,
          broken.path,
          broken.action,
          broken.events,
        ])
        const text =
          total === 0
            ? `No violations in the last ${days} days.`
            : formatTable(['source', 'event', 'rule', 'path', 'action', 'events'], rows)
        context.output.result({ violations, total }, text)
        return 'done'
      }),
  )
}

const count = (number: number) => number.toLocaleString('en-US')

function formatTrial(trial: MethodOutput<'plan.check'>): string {
  const { events, sound, flagged, trimmed, rejected, sources, findings } = trial
  const rows = findings.map((broken) => [
    broken.event || broken.type,
    broken.rule,
    broken.path,
    broken.action,
    broken.events,
    broken.messageId,
  ])
  return [
    ...(rows.length === 0 ? [] : [formatTable(['event', 'rule', 'path', 'action', 'events', 'for example'], rows), '']),
    `${count(events)} events of ${sources.join(', ')}: ${count(sound)} sound, ${count(flagged)} flagged (${count(trimmed)} would lose a property), ${count(rejected)} would be rejected.`,
  ].join('\n')
}
