import type { Command } from 'commander'
import { type UserIds, userIdsSchema } from '#core/event/user-ids.ts'
import type { Client } from '#core/host/client.ts'
import type { Deletion } from '#core/host/contract.ts'
import { formatError, MillraceError } from '#core/lib/error.ts'
import { systemClock } from '#core/lib/runtime.ts'
import { formatTable } from '../output.ts'
import { withSession } from '../session.ts'
import { type Outcome, verb, type VerbContext } from '../verb.ts'

/** How often the collector is asked how far a deletion is, in milliseconds. */
const askEvery = 1000

export function addUser(program: Command): void {
  const user = program.command('user').description('users whose events are not to be taken, or kept')
  const named = (name: string, description: string) =>
    user.command(`${name} [ids...]`).description(description).option('--anonymous <ids...>', 'anonymousIds, besides or instead of userIds')
  withUsers(named('suppress', 'take no more events of these userIds'), async (client, users, { output }) => {
    const answer = await client.call('user.suppress', users)
    output.result(answer, `${answer.added} added; events of ${answer.count} are not taken.`)
    return 'done'
  })
  withUsers(named('release', 'take events of these userIds again'), async (client, users, { output }) => {
    const answer = await client.call('user.release', users)
    output.result(answer, `${answer.removed} released; events of ${answer.count} are not taken.`)
    return 'done'
  })
  withUsers(
    named('delete', 'suppress these userIds, and delete what there is of them').option(
      '--no-wait',
      'return at once; `millrace user deletions` tells how far it is',
    ),
    async (client, users, context, options) => {
      const { output, signal } = context
      let { deletion } = await client.call('user.delete', users)
      while (options['wait'] !== false && deletion.state !== 'done') {
        output.progress({ deletion }, describe(deletion))
        await systemClock.sleep(askEvery, signal).catch(() => {
          throw new MillraceError({
            code: 'cancelled',
            fault: 'transient',
            retryable: false,
            message: `The deletion ${deletion.id} goes on without you.`,
          })
        })
        ;({ deletion } = await client.call('user.deletion', { id: deletion.id }))
      }
      output.result({ deletion }, [describe(deletion), ...deletion.destinations.map(tell)].join('\n'))
      return deletion.destinations.some(({ outcome }) => outcome === 'by-hand') ? 'partly' : 'done'
    },
  )
  verb(user.command('list').description('who is suppressed, the newest first'), (context) =>
    withSession(context, async ({ client }) => {
      const answer = await client.call('user.suppressions', { limit: 1000 })
      const rows = answer.suppressions.map(({ kind, id, since }) => [
        kind === 'user' ? 'userId' : 'anonymousId',
        id,
        new Date(since).toISOString(),
      ])
      context.output.result(answer, rows.length === 0 ? 'Nobody is suppressed.' : formatTable(['kind', 'id', 'since'], rows))
      return 'done'
    }),
  )
  verb(user.command('deletions').description('deletions and how far they are, the newest first'), (context) =>
    withSession(context, async ({ client }) => {
      const answer = await client.call('user.deletions', { limit: 100 })
      context.output.result(answer, answer.deletions.map(describe).join('\n') || 'Nobody was deleted.')
      return 'done'
    }),
  )
}

/** A verb that is about users. */
function withUsers(
  command: Command,
  run: (client: Client, users: UserIds, context: VerbContext, options: Record<string, any>) => Promise<Outcome>,
): void {
  verb<[string[]]>(command, (context, options, ids) => {
    const users = usersOf(ids, options['anonymous'] as string[] | undefined)
    return withSession(context, ({ client }) => run(client, users, context, options))
  })
}

function usersOf(userIds: string[], anonymousIds: string[] | undefined): UserIds {
  const users = userIdsSchema.safeParse({ userIds, anonymousIds })
  if (users.success) return users.data
  const message = `No users can be made of these ids: ${users.error.issues[0]!.message}.`
  throw new MillraceError({ code: 'invalid-users', fault: 'config', message, mend: 'Name at most 1000 at a time.' })
}

const stateWords: Record<Deletion['state'], string> = {
  waiting: 'waits until no event of theirs is on its way',
  deleting: 'deletes',
  'waiting-again': 'waits for what was being delivered',
  checking: 'deletes what has come since',
  telling: 'tells destinations',
  done: 'done',
}

function describe({ id, users, state, rows, lastError }: Deletion): string {
  const many = users.userIds.length + users.anonymousIds.length
  const error = lastError === undefined ? '' : ` It failed and is tried again: ${formatError(lastError)}`
  return `${id}  ${many} ${many === 1 ? 'id' : 'ids'}: ${stateWords[state]}; ${rows} rows.${error}`
}

function tell({ destination, outcome, message }: Deletion['destinations'][number]): string {
  return `  ${destination}: ${outcome === 'told' ? 'told' : 'TO BE DONE BY HAND'}. ${message}`
}
