import { webhookSources } from '#core/connector/webhook-registry.ts'
import type { WebhookSource } from '#core/connector/webhook-source.ts'
import type { EdgeConfig, WebhookEdgeSource } from '#core/event/edge-config.ts'
import { MillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'
import { didYouMean } from '#core/lib/suggest.ts'

/** A webhook source of the publication: its connector, and its settings as that wants them. */
export interface BoundWebhook {
  connector: WebhookSource
  config: unknown
}

// Objects of the publication live until the next one; what was found of them goes with them.
const bound = new WeakMap<WebhookEdgeSource, Result<BoundWebhook>>()

/** Fails with `invalid-config`: the connector is not there, or the settings are not what it wants. */
export function bindWebhook(source: WebhookEdgeSource): Result<BoundWebhook> {
  let found = bound.get(source)
  if (found === undefined) bound.set(source, (found = bind(source)))
  return found
}

/** What is wrong with the first webhook source that cannot be used, if there is one. */
export function checkWebhooks({ sources }: EdgeConfig): MillraceError | undefined {
  for (const [index, source] of sources.entries()) {
    const found = source.kind === 'webhook' ? bindWebhook(source) : undefined
    if (found !== undefined && !found.ok) {
      const { code, fault, message, mend, at } = found.error
      return new MillraceError({ code, fault, message, mend, at: { field: `sources.${index}.${at?.field}` } })
    }
  }
  return undefined
}

function bind({ name, connector: wanted, config }: WebhookEdgeSource): Result<BoundWebhook> {
  const connector = webhookSources.find((candidate) => candidate.name === wanted)
  if (connector === undefined) {
    const mend = didYouMean(
      wanted,
      webhookSources.map((candidate) => candidate.name),
      'connectors',
    )
    return fail(invalid(name, `there is no connector "${wanted}"`, 'connector', mend))
  }
  const parsed = connector.config.safeParse(config)
  if (parsed.success) return ok({ connector, config: parsed.data })
  // The message of an issue never holds the value.
  const issue = parsed.error.issues[0]!
  return fail(invalid(name, issue.message, ['config', ...issue.path].join('.')))
}

function invalid(source: string, what: string, field: string, mend?: string): MillraceError {
  return new MillraceError({ code: 'invalid-config', fault: 'config', message: `Source ${source}: ${what}.`, at: { field }, mend })
}
