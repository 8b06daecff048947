import { isObject } from './complete.ts'
import { Memo } from './memo.ts'
import type { Visitor } from './visitor.ts'

/*
 * Who sends an event: a browser or an app, whose request is its user's, or a server that speaks of its users, whose
 * address, place and user agent are its own. In this order:
 *
 * 1. A request that is a server's whatever it says (webhooks, /api/s/s2s) has no visitor.
 * 2. `channel` is `server` or `sources`: RudderStack's spec has it, at the top or in the context
 *    (rudderstack.com/docs/event-spec/standard-events/common-fields).
 * 3. `context.library.name`: all SDKs fill it, and those of servers are named after their language.
 * 4. Without any of it, a User-Agent header as browsers send it is a browser's, and everything else a server's.
 */

/** Words in the names of server SDKs: @segment/analytics-node, analytics-python, posthog-go, rudder-sdk-ruby, Analytics.NET, … */
const serverWords = new Set('node nodejs python ruby rails php java go golang net dotnet rust elixir perl scala server'.split(' '))
/** Names that tell nothing: what an event without one is given. */
const unspoken = new Set(['http', 'posthog'])

export class Senders {
  readonly #servers = new Memo<boolean>(500)

  /** Whether the request is the user's own: of a browser or an app. */
  isClient(event: Record<string, unknown>, context: Record<string, unknown>, visitor: Visitor | undefined): boolean {
    if (visitor === undefined || isServerChannel(event['channel']) || isServerChannel(context['channel'])) return false
    const library = context['library']
    const name = isObject(library) ? library['name'] : undefined
    if (typeof name !== 'string' || name === '' || unspoken.has(name)) return isBrowser(visitor.userAgent)
    return name.length > 200 || !this.#servers.of(name, () => isServerLibrary(name))
  }
}

/** Whether a user agent is a browser's: all of them begin so (compat.spec.whatwg.org/#the-user-agent-string). */
export function isBrowser(userAgent: string | undefined): userAgent is string {
  return userAgent !== undefined && userAgent.startsWith('Mozilla/')
}

function isServerChannel(value: unknown): boolean {
  return value === 'server' || value === 'sources'
}

function isServerLibrary(name: string): boolean {
  return name
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .some((word) => serverWords.has(word))
}
