import type { StreamedEvent } from './destination.ts'

/**
 * What a page or screen call is named where the tool knows events alone, as Segment's destinations name it
 * (segment.com/docs/connections/destinations/catalog/mixpanel/#page): "Viewed Docs Index Page", "Loaded a Page".
 */
export function viewName({ type, name, category }: StreamedEvent): string {
  const kind = type === 'page' ? 'Page' : 'Screen'
  const named = [category, name].filter((part) => part !== undefined)
  return named.length === 0 ? `Loaded a ${kind}` : `Viewed ${named.join(' ')} ${kind}`
}
