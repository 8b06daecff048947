import { MillraceError } from '../../lib/error.ts'
import { fail, ok, type Result } from '../../lib/result.ts'
import { parseJson } from '../parse.ts'
import type { EventType } from '../schema.ts'
import { type Call, type Dialect, isObject } from './dialect.ts'

/**
 * An event in the query of an image's address: as `data`, JSON in base64 or plain (Segment's Tracking Pixel API,
 * twilio.com/docs/segment/connections/sources/catalog/libraries/server/pixel-tracking-api), or each field by its path,
 * `properties.subject=…` (RudderStack's Pixel API, rudderstack.com/docs/api/pixel-api, and Segment's without base64).
 */
export function pixelEvent(type: EventType): Dialect {
  return {
    single: true,
    keyOf: (call) => {
      const read = fieldsOf(call)
      return read.ok && typeof read.value['writeKey'] === 'string' ? read.value['writeKey'] : undefined
    },
    tell: (call) => {
      const read = fieldsOf(call)
      if (!read.ok) return read
      const { writeKey: _, ...fields } = read.value
      // An image that is loaded again is another event, and nothing in its address tells them apart.
      const timestamp = fields['timestamp'] ?? fields['originalTimestamp'] ?? new Date(call.receivedAt).toISOString()
      return ok({ events: [{ ...fields, timestamp, type }], sentAt: undefined, context: undefined })
    },
  }
}

function fieldsOf({ query }: Call): Result<Record<string, unknown>> {
  const data = query?.get('data')
  if (data === null || data === undefined) return ok(fromPaths(query ?? new URLSearchParams()))
  const json = data.trimStart().startsWith('{') ? data : fromBase64(data)
  const parsed = json === undefined ? undefined : parseJson(json)
  if (parsed?.ok && isObject(parsed.value)) return ok(parsed.value)
  const message = 'The data of a pixel is a JSON object, in base64 or as it is.'
  return fail(new MillraceError({ code: 'malformed-json', fault: 'config', message, at: { field: 'data' } }))
}

/** Base64 and base64url of UTF-8; a space is a plus that was not escaped. */
function fromBase64(text: string): string | undefined {
  try {
    const binary = atob(text.replaceAll(' ', '+').replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(
      Uint8Array.from(binary, (character) => character.charCodeAt(0)),
    )
  } catch {
    return undefined
  }
}

/** Deeper than any field of the spec; a path that goes on is one key. */
const maxSteps = 8

function fromPaths(query: URLSearchParams): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [path, value] of query) {
    const steps = path.split('.', maxSteps)
    const last =
      steps.length === maxSteps
        ? path
            .split('.')
            .slice(maxSteps - 1)
            .join('.')
        : steps.at(-1)!
    let at = root
    for (const step of steps.slice(0, -1)) {
      // As own fields, so that __proto__ is a field like any other.
      if (!Object.hasOwn(at, step) || !isObject(at[step])) own(at, step, {})
      at = at[step] as Record<string, unknown>
    }
    own(at, last, value)
  }
  return root
}

function own(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
}
