import type { Command } from 'commander'
import { formatTable } from '../output.ts'
import { runJob } from '../run-job.ts'
import { withSession } from '../session.ts'
import { verb, wholeNumber } from '../verb.ts'

export function addTrait(program: Command): void {
  const trait = program.command('trait').description('computed traits: preview, build')
  verb<[string]>(
    trait
      .command('preview <name>')
      .description('compute a trait without storing it')
      .option('--limit <n>', 'entities to show', wholeNumber(1, 1000), 20)
      .option('--sql', 'show the SQL too'),
    (context, options, name) =>
      withSession(context, async ({ client }) => {
        const preview = await client.call('trait.preview', { name, limit: options['limit'] })
        context.output.result(
          { trait: name, ...preview },
          [
            ...(options['sql'] === true ? [preview.sql, ''] : []),
            formatTable(
              ['id', 'value'],
              preview.rows.map((row) => [row.id, JSON.stringify(row.value)]),
            ),
            '',
            formatTable(
              ['value', 'count'],
              preview.distribution.map((bar) => [bar.value, bar.count]),
            ),
            `${preview.entities.toLocaleString('en-US')} have a value.`,
          ].join('\n'),
        )
        return 'done'
      }),
  )
  verb<[string | undefined]>(trait.command('build [name]').description('compute all traits, or one'), (context, _options, name) =>
    runJob(context, { kind: 'traits', ...(name === undefined ? {} : { name }) }),
  )
}
