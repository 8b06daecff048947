import { ok } from '../../lib/result.ts'
import type { EventType } from '../schema.ts'
import { type Dialect, isObject } from './dialect.ts'

/**
 * What @jitsu/js sends to /api/s/<type> (docs.jitsu.com/sending-data/http): one event in Segment's form. Its key comes as
 * X-Write-Key; the one in the body is masked. `relayed`: /api/s/s2s/<type>, where a server sends.
 */
export function jitsuEvent(type: EventType, relayed: boolean): Dialect {
  return {
    single: true,
    keyOf: () => undefined,
    tell: ({ body }) => ok({ events: [isObject(body) ? { ...body, type } : body], sentAt: undefined, context: undefined, relayed }),
  }
}
