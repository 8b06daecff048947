import type { WebhookMap } from './edge-config.ts'

/**
 * An item of a webhook's payload as a track event, still to be checked: whatever the map cannot find is left out, and
 * the whole item is its properties. An item that is no object is returned as it is, and refused by the check.
 */
export function webhookEvent(map: WebhookMap, item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
  return {
    type: 'track',
    event: fill(map.event, item),
    userId: pick(item, map.user_id),
    anonymousId: pick(item, map.anonymous_id),
    messageId: pick(item, map.message_id),
    timestamp: pick(item, map.timestamp),
    properties: item,
    context: { library: { name: 'webhook' } },
  }
}

/** `{path}` replaced by the value there; undefined when one is missing, because the name would be another event's. */
function fill(template: string, item: object): string | undefined {
  let complete = true
  const text = template.replaceAll(/\{([^{}]+)\}/g, (_match, path: string) => {
    const value = pick(item, path.trim())
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
    complete = false
    return ''
  })
  return complete ? text : undefined
}

/** The value at a dotted path of own fields: `customer.id`, `items.0.sku`. */
function pick(item: object, path: string | undefined): unknown {
  if (path === undefined) return undefined
  let value: unknown = item
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value ?? undefined
}
