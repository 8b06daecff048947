import { randomUUID } from 'node:crypto'
import { type Command, Option } from 'commander'
import type { TailEvent, TailFilter } from '#core/event/tail.ts'
import { eventTypes } from '#core/event/schema.ts'
import { formatError } from '#core/lib/error.ts'
import { withSession } from '../session.ts'
import { untilAborted, verb } from '../verb.ts'

/** The host ends a tail that nobody asks for; it is asked for this often, in milliseconds. */
const renewEvery = 10_000

/** Events as they come into the collector: a line of JSON each, until Ctrl-C. */
export function addTail(program: Command): void {
  verb(
    program
      .command('tail')
      .description('watch events as they come into the collector, as JSON lines')
      .option('--source <name>', 'only of this source')
      .addOption(new Option('--type <type>', 'only of this type').choices(eventTypes))
      .option('--event <text>', 'only those whose name has this in it')
      .option('--user <id>', 'only of this userId or anonymousId')
      .addOption(new Option('--rejected', 'only those that were refused, with the reason').conflicts('accepted'))
      .option('--accepted', 'only those that were taken'),
    (context, options) =>
      withSession(context, async ({ client }) => {
        const { output, signal } = context
        const { source, type, event, user } = options as TailFilter
        const rejected = options['rejected'] === true ? true : options['accepted'] === true ? false : undefined
        const filter = JSON.parse(JSON.stringify({ source, type, event, user, rejected })) as TailFilter
        const id = randomUUID()
        const stop = client.listen('edge.tailed', (told) => {
          if (told.id !== id) return
          if (told.error !== undefined) output.note(formatError(told.error))
          if (told.skipped > 0) output.note(`${told.skipped.toLocaleString('en-US')} more came than can be shown.`)
          for (const each of told.events) output.result({ event: each }, JSON.stringify(lineOf(each)))
        })
        const timer = setInterval(() => void client.call('edge.tail', { ...filter, id }).catch(() => {}), renewEvery)
        try {
          await client.call('edge.tail', { ...filter, id })
          await untilAborted(signal)
        } finally {
          clearInterval(timer)
          stop()
          await client.call('edge.untail', { id }).catch(() => {})
        }
        return 'done'
      }),
  )
}

/** What a person or a pipe gets: the event, and why it was refused. */
function lineOf({ rejected, payload }: TailEvent): unknown {
  return rejected === undefined ? payload : { rejected, payload }
}
