import type { Handlers } from '#core/host/dispatch.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { HostContext } from '../host-context.ts'
import type { Redactor } from '../redact.ts'
import { appHandlers } from './app.ts'
import { destinationHandlers } from './destination.ts'
import { edgeHandlers } from './edge.ts'
import { eventHandlers } from './event.ts'
import { loopHandlers } from './loop.ts'
import { planHandlers } from './plan.ts'
import { runHandlers } from './run.ts'
import { snippetHandlers } from './snippet.ts'
import { sourceHandlers } from './source.ts'
import { sqlHandlers } from './sql.ts'
import { stackHandlers } from './stack.ts'
import { stateHandlers } from './state.ts'
import { syncHandlers } from './sync.ts'
import { traitHandlers } from './trait.ts'
import { transformHandlers } from './transform.ts'
import { userHandlers } from './user.ts'

/** Every method of the contract. An error that leaves one has no secret in it, whoever made its text. */
export function createHandlers(host: HostContext, redactor: Redactor): Handlers {
  const handlers: Handlers = {
    ...appHandlers(host),
    ...stackHandlers(host),
    ...sourceHandlers(host),
    ...stateHandlers(host),
    ...snippetHandlers(host),
    ...edgeHandlers(host),
    ...loopHandlers(host),
    ...eventHandlers(host),
    ...planHandlers(host),
    ...sqlHandlers(host),
    ...transformHandlers(host),
    ...traitHandlers(host),
    ...syncHandlers(host),
    ...destinationHandlers(host),
    ...runHandlers(host),
    ...userHandlers(host),
  }
  const guarded = Object.entries(handlers).map(([name, handler]) => [
    name,
    async (input: never) => {
      try {
        return await (handler as (input: never) => Promise<unknown>)(input)
      } catch (thrown) {
        throw new MillraceError(redactor.redact(toMillraceError(thrown).toJSON()))
      }
    },
  ])
  return Object.fromEntries(guarded) as Handlers
}
