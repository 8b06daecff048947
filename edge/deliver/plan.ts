import type { EventDelivery } from '#core/connector/destination.ts'
import { destinations } from '#core/connector/destination-registry.ts'
import type { EdgeDestination } from '#core/event/edge-config.ts'
import { MillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'
import { didYouMean } from '#core/lib/suggest.ts'
import { createFilter, type Filter } from './filter.ts'

/** All that is needed to deliver to a destination. */
export interface Plan {
  delivery: EventDelivery<unknown>
  config: unknown
  wants: Filter
}

/** Fails with `unknown-connector`, `no-events` or `invalid-setting`; the place is a field of the published destination. */
export function planOf({ name, connector: connectorName, config, events }: EdgeDestination): Result<Plan> {
  const connector = destinations.find((candidate) => candidate.name === connectorName)
  if (connector === undefined) {
    const names = destinations.map((candidate) => candidate.name)
    const message = `The destination ${name} wants the connector "${connectorName}", which this collector has not.`
    return fail(problem('unknown-connector', message, 'connector', didYouMean(connectorName, names, 'connectors')))
  }
  const { events: delivery } = connector
  if (delivery === undefined) return fail(problem('no-events', `The connector "${connectorName}" takes no events.`, 'connector'))
  const settings = connector.config.safeParse(config)
  if (!settings.success) {
    const issue = settings.error.issues[0]!
    return fail(problem('invalid-setting', `${issue.message} (destination ${name})`, ['config', ...issue.path].join('.')))
  }
  return ok({
    delivery,
    config: settings.data,
    wants: createFilter({ filter: events, takes: delivery.types, names: [name, connectorName, connector.title] }),
  })
}

function problem(code: string, message: string, field: string, mend?: string): MillraceError {
  return new MillraceError({ code, fault: 'config', message, at: { field }, mend })
}
