import { isObject } from './complete.ts'

/*
 * Consent stands in `context.consent.categoryPreferences`, category → boolean, as in Segment's spec
 * (twilio.com/docs/segment/privacy/consent-management/consent-in-segment-connect). Other forms are brought into it
 * beside the original:
 *
 * - RudderStack's `context.consentManagement`: allowedConsentIds and deniedConsentIds, lists of ids or objects by id
 *   (rudderstack.com/docs/data-governance/consent-management/passing-consent); what is in both is denied.
 * - Google's consent mode in `context.consent`: `{ad_storage: 'granted', analytics_storage: 'denied'}`
 *   (developers.google.com/tag-platform/security/guides/consent).
 */

type Preferences = Record<string, unknown>

/** Brings the consent of a context into Segment's form. What is in that form already stands. */
export function normalizeConsent(context: Record<string, unknown>): void {
  const { consent } = context
  const management = context['consentManagement']
  if (consent === undefined && management === undefined) return
  if (isObject(consent) ? (consent['categoryPreferences'] ?? undefined) !== undefined : consent !== undefined && consent !== null) return
  const preferences = rudderConsent(management) ?? googleConsent(consent)
  if (preferences !== undefined) context['consent'] = { ...(consent as object | null | undefined), categoryPreferences: preferences }
}

/** Whether a context, its consent brought into form, has the consent of all these categories. */
export function hasConsent(context: Record<string, unknown>, required: readonly string[]): boolean {
  const { consent } = context
  const preferences = isObject(consent) ? consent['categoryPreferences'] : undefined
  return isObject(preferences) && required.every((category) => Object.hasOwn(preferences, category) && preferences[category] === true)
}

function rudderConsent(management: unknown): Preferences | undefined {
  if (!isObject(management)) return undefined
  const ids = [
    ...idsOf(management['allowedConsentIds']).map((id): [string, boolean] => [id, true]),
    ...idsOf(management['deniedConsentIds']).map((id): [string, boolean] => [id, false]),
  ]
  // fromEntries makes own fields, so that __proto__ is a category like any other.
  return ids.length === 0 ? undefined : Object.fromEntries(ids)
}

function idsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((id) => typeof id === 'string' && id !== '')
  return isObject(value) ? Object.keys(value) : []
}

function googleConsent(consent: unknown): Preferences | undefined {
  if (!isObject(consent)) return undefined
  const told = Object.entries(consent).filter(([, value]) => value === 'granted' || value === 'denied')
  return told.length === 0 ? undefined : Object.fromEntries(told.map(([category, value]) => [category, value === 'granted']))
}
