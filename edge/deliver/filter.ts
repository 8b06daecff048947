import type { EventFilter } from '#core/event/edge-config.ts'
import type { EventType } from '#core/event/schema.ts'
import type { StreamedEvent } from '#core/event/streamed.ts'
import type { JsonObject } from '#core/lib/json.ts'

export type Filter = (event: StreamedEvent) => boolean

/** What of a destination decides whether an event is for it. */
export interface FilterParts {
  filter: EventFilter
  /** Call types that its connector takes. */
  takes: readonly EventType[]
  /** What a sender may call it in `integrations`: its own name, and its connector's name and title. */
  names: readonly string[]
}

/** Whether an event is for a destination. */
export function createFilter({ filter: { sources, types, include, exclude, consent }, takes, names }: FilterParts): Filter {
  const wanted = { sources: sources && new Set(sources), include: include && new Set(include), exclude: new Set(exclude) }
  const called = new Set(names.map(plainName))
  const allowed = new Set(takes.filter((type) => types === undefined || types.includes(type)))
  return (event) => {
    if (!allowed.has(event.type) || wanted.sources?.has(event.source) === false) return false
    if (event.type === 'track' && (wanted.include?.has(event.event!) === false || wanted.exclude.has(event.event!))) return false
    if (event.integrations !== undefined && !isAddressed(event.integrations, called)) return false
    return consent.length === 0 || agreed(event, consent)
  }
}

/**
 * Segment's integrations object (segment.com/docs, "Filtering with the integrations object"): a destination that it
 * names gets the event unless by `false` (options count as yes), another one as `All` says, which is yes where it is
 * not there. Our destinations have names of their own, so upper case, spaces and marks do not count.
 */
function isAddressed(integrations: JsonObject, called: ReadonlySet<string>): boolean {
  let addressed = integrations['All'] !== false && integrations['all'] !== false
  for (const name in integrations) if (called.has(plainName(name))) addressed = integrations[name] !== false
  return addressed
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}

/** Segment's consent object (segment.com/docs/privacy/consent-management): what is not said is not agreed to. */
function agreed({ context }: StreamedEvent, categories: readonly string[]): boolean {
  const preferences = at(at(context, 'consent'), 'categoryPreferences')
  return categories.every((category) => at(preferences, category) === true)
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
}
