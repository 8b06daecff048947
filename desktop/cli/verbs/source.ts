import type { Command } from 'commander'
import { formatTable } from '../output.ts'
import { withSession } from '../session.ts'
import { verb, wholeNumber } from '../verb.ts'
import { addSourceSync } from './source-sync.ts'

export function addSource(program: Command): void {
  const source = program.command('source').description('sources: check, discover, read, sync (ETL), snippet (SDK)')

  verb<[string]>(source.command('check <name>').description('one call that proves the settings work'), (context, _options, name) =>
    withSession(context, async ({ client }) => {
      await client.call('source.check', { name })
      context.output.result({ source: name }, `${name} answers.`)
      return 'done'
    }),
  )

  verb<[string]>(source.command('discover <name>').description('the streams it offers'), (context, _options, name) =>
    withSession(context, async ({ client }) => {
      const { streams } = await client.call('source.discover', { name })
      const rows = streams.map((stream) => [
        stream.name,
        stream.modes.join(', '),
        stream.primaryKey.map((path) => path.join('.')).join(', '),
        stream.cursorField?.join('.') ?? '',
      ])
      context.output.result({ source: name, streams }, formatTable(['stream', 'modes', 'key', 'cursor'], rows))
      return 'done'
    }),
  )

  verb<[string, string]>(
    source
      .command('read <name> <stream>')
      .description('print some records as they come; nothing is stored')
      .option('--limit <n>', 'records at most', wholeNumber(1, 1000), 20),
    (context, options, name, stream) =>
      withSession(context, async ({ client }) => {
        const { records } = await client.call('source.read', { name, stream, limit: options['limit'] })
        context.output.result({ source: name, stream, records }, records.map((record) => JSON.stringify(record)).join('\n'))
        return 'done'
      }),
  )

  addSourceSync(source)

  verb<[string]>(
    source.command('snippet <name>').description("what a site's pages get to load the browser SDK"),
    (context, _options, name) =>
      withSession(context, async ({ client }) => {
        const { html, secret } = await client.call('source.snippet', { name })
        const note = secret === undefined ? '' : `\nPut the write key in place of ${secret}, the name of the secret that holds it.`
        context.output.result({ source: name, html, ...(secret === undefined ? {} : { secret }) }, html + note)
        return 'done'
      }),
  )
}
