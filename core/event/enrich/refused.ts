import { isObject } from './complete.ts'
import { hasConsent, normalizeConsent } from './consent.ts'
import { truncateIp } from './ip.ts'
import type { EnrichSettings } from './settings.ts'

/*
 * What a source's settings say of data that may be kept holds for refused events too: their payload stands in
 * `events.rejected`.
 */

/** Whether nothing of a refused event may be kept, since it lacks the consent its source requires. */
export function lacksConsent(raw: unknown, shared: object | undefined, { consent }: EnrichSettings): boolean {
  if (consent === undefined) return false
  const own = isObject(raw) ? raw['context'] : undefined
  const context: Record<string, unknown> = { ...shared, ...(isObject(own) ? own : undefined) }
  normalizeConsent(context)
  return !hasConsent(context, consent.required)
}

/** A payload as it may be kept: addresses where SDKs put them (Segment's `context.ip`, PostHog's `properties.$ip`) hidden. */
export function keptPayload(payload: unknown, { ip }: EnrichSettings): unknown {
  if (ip === 'keep' || !isObject(payload)) return payload
  return within(within(payload, 'context', 'ip', ip), 'properties', '$ip', ip)
}

function within(payload: Record<string, unknown>, parent: string, field: string, policy: 'truncate' | 'drop'): Record<string, unknown> {
  const object = payload[parent]
  if (!isObject(object) || !Object.hasOwn(object, field)) return payload
  const { [field]: address, ...rest } = object
  const truncated = policy === 'truncate' && typeof address === 'string' ? truncateIp(address) : undefined
  return { ...payload, [parent]: truncated === undefined ? rest : { ...rest, [field]: truncated } }
}
