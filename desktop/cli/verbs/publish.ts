import type { Command } from 'commander'
import { withSession } from '../session.ts'
import { verb } from '../verb.ts'

export function addPublish(program: Command): void {
  verb(program.command('publish').description('tell the collector its sources and write keys'), (context) =>
    withSession(context, async ({ client }) => {
      const published = await client.call('edge.publish', {})
      const { url, sources, webhooks } = published
      const addresses = webhooks.map(({ name, address }) => `\n  ${name}: ${address}`).join('')
      const note = addresses && `\nAddresses of the webhooks (without the key where the tool signs what it sends):${addresses}`
      context.output.result(published, `The collector at ${url} takes events of: ${sources.join(', ') || 'nobody'}.${note}`)
      return 'done'
    }),
  )
}
