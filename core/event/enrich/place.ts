import { isObject } from './complete.ts'
import type { Place } from './visitor.ts'

/*
 * Where a request comes from, as `context.location` and `context.network`. country, region, city, latitude and longitude
 * are Segment's names (segment.com/docs/connections/spec/common/#context-fields), postal and timezone those of
 * RudderStack's geolocation enrichment (rudderstack.com/docs/data-governance/geolocation-service); the rest is named
 * as Cloudflare has it. A country is its code (ISO 3166-1), as there.
 */

/** What each field is called in Cloudflare's `request.cf` (developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties). */
const fields = {
  country: 'country',
  region: 'region',
  regionCode: 'regionCode',
  city: 'city',
  postal: 'postalCode',
  latitude: 'latitude',
  longitude: 'longitude',
  timezone: 'timezone',
  continent: 'continent',
  asn: 'asn',
  asOrganization: 'asOrganization',
} as const

export const placeFields = Object.keys(fields) as PlaceField[]
export type PlaceField = keyof typeof fields

const numbers = new Set<PlaceField>(['latitude', 'longitude', 'asn'])
const ofNetwork = new Set<PlaceField>(['asn', 'asOrganization'])
/** Cloudflare's for "unknown" and for Tor (developers.cloudflare.com/network/ip-geolocation): neither is a country. */
const noCountry = new Set(['XX', 'T1'])
const maxLength = 200

/** @param cf `request.cf`; undefined where it is not Cloudflare that runs us */
export function placeOfCloudflare(cf: unknown): Place | undefined {
  return isObject(cf) ? placeOf((field) => cf[fields[field]]) : undefined
}

/** @param tell what is known of a field: text or a number */
export function placeOf(tell: (field: PlaceField) => unknown): Place | undefined {
  const place: Place = {}
  for (const field of placeFields) {
    const value = valueOf(field, tell(field))
    if (value === undefined) continue
    if (ofNetwork.has(field)) (place.network ??= {})[field] = value
    else (place.location ??= {})[field] = value
  }
  return place.location === undefined && place.network === undefined ? undefined : place
}

function valueOf(field: PlaceField, value: unknown): string | number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value).trim()
  if (text === '' || text.length > maxLength || (field === 'country' && noCountry.has(text))) return undefined
  if (!numbers.has(field)) return text
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}
