import { type EdgeConfig, type EdgeConfigInput, type EdgeDestination, edgeConfigSchema, type EdgeTransform } from '../event/edge-config.ts'
import { MillraceError } from '../lib/error.ts'
import { resolveConfig } from './resolve.ts'
import type { Resolver } from './resolver.ts'
import type { Stack } from './stack.ts'

/**
 * What `millrace publish` sends to the collector: the sdk and webhook sources, the destinations of events, secrets resolved, and
 * the tracking plans and, of those compiled, the transforms of the sources.
 * Throws as `resolveConfig`, and `duplicate-write-key`.
 */
export function edgeConfig(stack: Stack, resolver: Resolver, compiled: readonly EdgeTransform[]): EdgeConfig {
  const owners = new Map<string, string>()
  const sources = stack.sources.flatMap(({ name, path, content }): EdgeConfigInput['sources'] => {
    if (content.kind === 'etl') return []
    const resolved = resolveConfig(content, resolver, { file: path })
    const { write_key, enabled, enrich, plan, transforms } = resolved
    const owner = owners.get(write_key)
    if (owner !== undefined) throw duplicateWriteKey(path, owner)
    owners.set(write_key, path)
    if (resolved.kind === 'webhook') {
      return [
        { kind: resolved.kind, name, write_key, enabled, enrich, plan, transforms, connector: resolved.connector, config: resolved.config },
      ]
    }
    const { origins, rate_limit, max_event_bytes, first_party } = resolved
    return [{ kind: resolved.kind, name, write_key, enabled, enrich, plan, transforms, origins, rate_limit, max_event_bytes, first_party }]
  })
  const destinations = stack.destinations.flatMap(({ name, path, content }): EdgeDestination[] => {
    const { connector, events } = content
    if (events === undefined) return []
    const resolved = resolveConfig({ config: content.config, events }, resolver, { file: path })
    return [{ name, connector, ...resolved }]
  })
  const used = new Set(sources.map(({ plan }) => plan))
  const plans = stack.plans.filter(({ name }) => used.has(name)).map(({ name, content }) => ({ ...content, name }))
  const transforms = compiled.filter(({ name }) => sources.some((source) => source.transforms?.includes(name)))
  const parsed = edgeConfigSchema.safeParse({ sources, destinations, plans, transforms })
  if (parsed.success) return parsed.data
  // A resolved key may break a rule (its length); the issue's message never holds the value.
  const issue = parsed.error.issues[0]!
  const [list, index] = issue.path
  const defined: readonly { name: string; path: string }[] = list === 'destinations' ? stack.destinations : stack.sources
  const sent: readonly { name: string }[] = list === 'destinations' ? destinations : sources
  const name = typeof index === 'number' ? sent[index]?.name : undefined
  const file = defined.find((definition) => definition.name === name)?.path
  throw new MillraceError({
    code: 'invalid-setting',
    fault: 'config',
    message: `The collector would refuse this ${list === 'destinations' ? 'destination' : 'source'}: ${issue.message}.`,
    at: { ...(file === undefined ? {} : { file }), field: issue.path.slice(2).map(String).join('.') },
  })
}

function duplicateWriteKey(path: string, owner: string): MillraceError {
  return new MillraceError({
    code: 'duplicate-write-key',
    fault: 'config',
    message: `The write key is that of ${owner} too.`,
    at: { file: path, field: 'write_key' },
    mend: 'Give each source a key of its own: the collector tells them apart by it.',
  })
}
