import type { Acceptance } from '#core/event/accept.ts'
import type { Dialect, Told } from '#core/event/dialect/dialect.ts'
import { jitsuEvent } from '#core/event/dialect/jitsu.ts'
import { pixelEvent } from '#core/event/dialect/pixel.ts'
import { posthogBatch, posthogCapture } from '#core/event/dialect/posthog.ts'
import { posthogResults } from '#core/event/dialect/posthog-results.ts'
import { segmentBatch, segmentEvent } from '#core/event/dialect/segment.ts'
import { eventTypes } from '#core/event/schema.ts'

/** A path that SDKs send to. */
export interface SdkRoute {
  dialect: Dialect
  /** Asked by an image: the query has the event, and the answer is an image. */
  pixel?: true
  /** What a 200 says instead of ours. */
  reply?: (told: Told, taken: Acceptance) => object
}

/** Below /v1, and below the path of a source's own: Segment's names, and the letters that its browser SDK uses for them. */
const segment = new Map<string, SdkRoute>([
  ['/batch', { dialect: segmentBatch }],
  ['/b', { dialect: segmentBatch }],
  ['/import', { dialect: segmentBatch }],
  ...eventTypes.flatMap((type): [string, SdkRoute][] => {
    const route = { dialect: segmentEvent(type) }
    return [
      [`/${type}`, route],
      [`/${type[0]}`, route],
    ]
  }),
])

const posts = new Map<string, SdkRoute>([
  ...[...segment].map(([path, route]): [string, SdkRoute] => [`/v1${path}`, route]),
  // RudderStack's browser SDK, by sendBeacon.
  ['/beacon/v1/batch', { dialect: segmentBatch }],
  ...eventTypes.flatMap((type): [string, SdkRoute][] => [
    [`/api/s/${type}`, { dialect: jitsuEvent(type, false) }],
    [`/api/s/s2s/${type}`, { dialect: jitsuEvent(type, true) }],
  ]),
  ...bothWays('/batch', { dialect: posthogBatch }),
  ...bothWays('/i/v0/ai/batch', { dialect: posthogBatch }),
  ...['/capture', '/e', '/i/v0/e'].flatMap((path) => bothWays(path, { dialect: posthogCapture })),
  ['/i/v1/analytics/events', { dialect: posthogBatch, reply: posthogResults }],
])

const gets = new Map<string, SdkRoute>(
  eventTypes.flatMap((type): [string, SdkRoute][] => {
    const route: SdkRoute = { dialect: pixelEvent(type), pixel: true }
    return [
      [`/pixel/v1/${type}`, route],
      [`/v1/pixel/${type}`, route],
    ]
  }),
)

/** The route of an SDK at an address. A path of a source's own, as in `/a/t`, is one once the sources are read. */
export function sdkRouteOf(method: string, url: string, firstPartyPaths: ReadonlySet<string>): SdkRoute | undefined {
  if (method !== 'POST' && method !== 'GET') return undefined
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const query = url.indexOf('?', start)
  const path = query === -1 ? url.slice(start) : url.slice(start, query)
  if (method === 'GET') return gets.get(path)
  return posts.get(path) ?? below(path, firstPartyPaths)
}

function below(path: string, firstPartyPaths: ReadonlySet<string>): SdkRoute | undefined {
  const last = path.lastIndexOf('/')
  return firstPartyPaths.has(path.slice(0, last)) ? segment.get(path.slice(last)) : undefined
}

/** PostHog's own paths end with a slash, and are asked for without. */
function bothWays(path: string, route: SdkRoute): [string, SdkRoute][] {
  return [
    [path, route],
    [`${path}/`, route],
  ]
}
