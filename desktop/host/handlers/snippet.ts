import { firstPartySchema } from '#core/event/edge-config.ts'
import { htmlSnippet } from '#core/event/snippet.ts'
import type { Handlers } from '#core/host/dispatch.ts'
import { MillraceError } from '#core/lib/error.ts'
import { placeholders, resolveConfig } from '#core/stack/resolve.ts'
import type { HostContext } from '../host-context.ts'
import { noEdge } from './edge.ts'

export function snippetHandlers(host: HostContext): Pick<Handlers, 'source.snippet'> {
  return {
    async 'source.snippet'({ name }) {
      if (host.edge === undefined) throw noEdge()
      const { stack, resolver } = host.view()
      const source = stack.sources.find((each) => each.name === name)
      if (source === undefined) throw refusal('unknown-source', `There is no source "${name}".`)
      if (source.content.kind !== 'sdk') throw refusal('wrong-source', `The source ${name} is not of an SDK.`)
      const { write_key, first_party = {} } = source.content
      // A key in a page is known to all who read it; but one that is kept as a secret is the reader's to give away, not ours.
      const named = { secret: (secret: string) => secret, variable: resolver.variable }
      const settings = resolveConfig({ write_key, first_party }, named, { file: source.path })
      const parsed = firstPartySchema.safeParse(settings.first_party)
      if (!parsed.success)
        throw refusal('invalid-setting', `${parsed.error.issues[0]!.message}.`, `first_party.${parsed.error.issues[0]!.path.join('.')}`)
      const secret = placeholders(write_key).find(({ kind }) => kind === 'secret')?.name
      return { html: htmlSnippet(settings.write_key, parsed.data.path, host.edge.url), ...(secret === undefined ? {} : { secret }) }

      function refusal(code: string, message: string, field?: string): MillraceError {
        return new MillraceError({
          code,
          fault: 'config',
          message,
          at: { file: source?.path ?? `sources/${name}.yaml`, ...(field === undefined ? {} : { field }) },
        })
      }
    },
  }
}
