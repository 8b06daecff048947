import type { Command } from 'commander'
import { withSession } from '../session.ts'
import { verb } from '../verb.ts'

export function addPublish(program: Command): void {
  verb(program.command('publish').description('tell the collector its sources and write keys'), (context) =>
    withSession(context, async ({ client }) => {
      const { url, sources } = await client.call('edge.publish', {})
      context.output.result({ url, sources }, `The collector at ${url} takes events of: ${sources.join(', ') || 'nobody'}.`)
      return 'done'
    }),
  )
}
