import type { z } from 'zod'
import { webhookSources } from '#core/connector/webhook-registry.ts'
import { sources } from '#desktop/connector/registry.ts'

/** Something that a file in sources/ can name under `connector`. */
export interface KnownConnector {
  /** As the file says it. */
  kind: 'etl' | 'webhook'
  name: string
  title: string
  description: string
  config: z.ZodType
}

/** All there are: what is read from first, then what is posted to us; by name. */
export function knownConnectors(): KnownConnector[] {
  const of = (kind: KnownConnector['kind'], list: readonly Omit<KnownConnector, 'kind'>[]) =>
    list
      .map(({ name, title, description, config }) => ({ kind, name, title, description, config }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return [...of('etl', sources), ...of('webhook', webhookSources)]
}
