import type { EventFilter } from '#core/event/edge-config.ts'
import type { EventType } from '#core/event/schema.ts'
import type { StreamedEvent } from '#core/event/streamed.ts'

export type Filter = (event: StreamedEvent) => boolean

/** Whether an event is for a destination. @param takes call types that its connector takes */
export function createFilter({ sources, types, include, exclude, consent }: EventFilter, takes: readonly EventType[]): Filter {
  const wanted = { sources: sources && new Set(sources), include: include && new Set(include), exclude: new Set(exclude) }
  const allowed = new Set(takes.filter((type) => types === undefined || types.includes(type)))
  return (event) => {
    if (!allowed.has(event.type) || wanted.sources?.has(event.source) === false) return false
    if (event.type === 'track' && (wanted.include?.has(event.event!) === false || wanted.exclude.has(event.event!))) return false
    return consent.length === 0 || agreed(event, consent)
  }
}

/** Segment's consent object (segment.com/docs/privacy/consent-management): what is not said is not agreed to. */
function agreed({ context }: StreamedEvent, categories: readonly string[]): boolean {
  const preferences = at(at(context, 'consent'), 'categoryPreferences')
  return categories.every((category) => at(preferences, category) === true)
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
}
