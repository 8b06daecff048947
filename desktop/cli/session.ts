import { type Client, createClient } from '#core/host/client.ts'
import { createHttpTransport } from '#core/host/http-transport.ts'
import { createMemoryTransport } from '#core/host/memory-transport.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import { systemClock } from '#core/lib/runtime.ts'
import type { ClickHouseAddress } from '#desktop/host/clickhouse.ts'
import { type Endpoint, findHost } from '#desktop/host/lock.ts'
import { openStack } from '#desktop/host/open-stack.ts'
import { hostPaths } from '#desktop/host/paths.ts'
import { requireStack } from './stack-folder.ts'
import type { Outcome, VerbContext } from './verb.ts'

/** A host to work with: the one that runs for the stack already, or one for this verb alone. */
export interface Session {
  folder: string
  client: Client
  warehouse: ClickHouseAddress | undefined
}

/** How long a verb waits for another verb that has the stack, in milliseconds. */
const patience = 60_000

/**
 * Runs `work` against the host of the stack. Where `up` or `serve` runs, that one does the work, as
 * one process owns the warehouse's folder; otherwise a host is opened here and closed afterwards.
 * Throws as `openStack`; `stack-busy` only after waiting.
 */
export async function withSession(
  context: VerbContext,
  work: (session: Session) => Promise<Outcome>,
  options: { evenBroken?: boolean } = {},
): Promise<Outcome> {
  const folder = requireStack(context.stack)
  const deadline = systemClock.now() + patience
  for (;;) {
    const running = findHost(hostPaths(folder))
    if (running?.url !== undefined) {
      refuseOtherEnvironment(context.environment, running)
      const transport = createHttpTransport({
        url: running.url,
        ...(running.token === undefined ? {} : { token: running.token }),
        fetch: globalThis.fetch,
        clock: systemClock,
        random: Math.random,
      })
      try {
        return await work({ folder, client: createClient(transport), warehouse: running.warehouse })
      } finally {
        transport.close()
      }
    }
    try {
      return await withOwnHost(folder, context, work, options.evenBroken === true)
    } catch (thrown) {
      if (toMillraceError(thrown).code !== 'stack-busy' || systemClock.now() > deadline) throw thrown
      context.output.progress({ stage: 'waiting' }, 'Waiting for another Millrace that works on this stack …')
      await systemClock.sleep(500, context.signal).catch(() => {
        throw new MillraceError({ code: 'cancelled', fault: 'transient', retryable: false, message: 'Cancelled.' })
      })
    }
  }
}

async function withOwnHost(
  folder: string,
  context: VerbContext,
  work: (session: Session) => Promise<Outcome>,
  evenBroken: boolean,
): Promise<Outcome> {
  const stack = await openStack({
    stackFolder: folder,
    environment: context.environment,
    variables: process.env,
    live: false,
    evenBroken,
    edge: undefined,
    log: (level, message) => {
      if (level === 'error') context.output.note(message)
    },
  })
  try {
    return await work({ folder, client: createClient(createMemoryTransport(stack.host)), warehouse: stack.warehouse })
  } finally {
    await stack.close()
  }
}

/** What runs has the variables of its own environment: to work with those of another would be a surprise. */
function refuseOtherEnvironment(asked: string | undefined, running: Endpoint): void {
  if (asked === undefined || asked === running.environment) return
  throw new MillraceError({
    code: 'other-environment',
    fault: 'config',
    message: `The host that works on this stack (process ${running.pid}) runs with ${running.environment === undefined ? 'no environment' : `environment "${running.environment}"`}, not "${asked}".`,
    mend: 'End it first, or leave --env away.',
  })
}
