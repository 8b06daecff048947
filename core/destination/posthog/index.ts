import { checkBy } from '../../connector/check.ts'
import { defineDestination, type EventOutcome, type StreamedEvent } from '../../connector/destination.ts'
import { uuidOf } from '../../connector/event-id.ts'
import { type Answer, refusedCredentials, sendJson, under, wholeReply } from '../../connector/json-request.ts'
import { lookup, pick } from '../../connector/lookup.ts'
import { knownObject } from '../../connector/object.ts'
import { deliverPieces, type Lane, type Piece } from '../../connector/pieces.ts'
import { eventTypes } from '../../event/schema.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { type PosthogConfig, posthogConfigSchema } from './config.ts'

/*
 * PostHog's capture API (posthog.com/docs/api/capture): /batch/ takes any number of events in less than 20 MB, an event
 * has 1 MB. It answers 200 to what it can read, and drops without a word events that have no name or distinct_id, which
 * ours have. Persons, groups and aliases are events with names of their own. A repeated uuid is one event.
 */
const batchSize = 1_000

/** Properties that PostHog knows (posthog.com/docs/data/events#default-properties), and where in the context they are. */
const contextFields = {
  $ip: 'ip',
  $current_url: 'page.url',
  $pathname: 'page.path',
  $referrer: 'page.referrer',
  $raw_user_agent: 'userAgent',
  $os: 'os.name',
  $os_version: 'os.version',
  $device_manufacturer: 'device.manufacturer',
  $device_model: 'device.model',
  $app_version: 'app.version',
  $screen_width: 'screen.width',
  $screen_height: 'screen.height',
  $locale: 'locale',
  $timezone: 'timezone',
  utm_source: 'campaign.source',
  utm_medium: 'campaign.medium',
  utm_campaign: 'campaign.name',
  utm_content: 'campaign.content',
  utm_term: 'campaign.term',
}

/** Sends events, persons and groups to PostHog. */
export const posthog = defineDestination<PosthogConfig>({
  name: 'posthog',
  title: 'PostHog',
  description: 'Sends events, persons and groups to PostHog by its capture API.',
  config: posthogConfigSchema,

  // Of an empty batch nothing is taken; a wrong key is refused all the same.
  check: (config, runtime) => checkBy(post(config, '', runtime), keyError),

  events: {
    limits: { batchSize, batchBytes: 4_000_000 },
    types: eventTypes,
    async deliver(config, events, runtime) {
      const prepared = await Promise.all(events.map((event) => piecesOf(config, event)))
      return deliverPieces(prepared, () => lane(config, 'event', runtime))
    },
  },

  rows: {
    limits: { batchSize },
    operations: ['upsert'],
    async deliver(config, { object, rows }, runtime) {
      const kind = knownObject(object, ['users', 'groups'])
      const pieces = rows.map(({ key, fields }) => {
        const entry =
          kind === 'users'
            ? { event: '$identify', distinct_id: key, properties: { $set: fields, $geoip_disable: true } }
            : { event: '$groupidentify', distinct_id: `group-${key}`, properties: groupProperties(config, key, fields) }
        return [{ lane: 'batch', json: JSON.stringify(entry) }]
      })
      return deliverPieces<never>(pieces, () => lane(config, 'row', runtime))
    },
  },
})

/** A group is set up by somebody, who need not become a person. */
function groupProperties({ group_type }: PosthogConfig, group: string, properties: object) {
  return { $group_type: group_type, $group_key: group, $group_set: properties, $process_person_profile: false, $geoip_disable: true }
}

async function piecesOf(config: PosthogConfig, event: StreamedEvent): Promise<Piece[] | EventOutcome> {
  const { userId, anonymousId, context } = event
  const personless = userId === undefined && config.person_profiles === 'identified_only'
  if (personless && event.type === 'identify') {
    return { status: 'skipped', reason: 'It has no userId, and person_profiles is identified_only.' }
  }
  const group = event.type === 'group' ? event.groupId : lookup(context, 'groupId')
  const common = {
    ...pick(context, contextFields),
    // PostHog places an event by the request's address, which is ours, unless it has one of its own.
    ...(context['ip'] === undefined ? { $geoip_disable: true } : {}),
    ...(group === undefined ? {} : { $groups: { [config.group_type]: group } }),
    ...(personless ? { $process_person_profile: false } : {}),
  }
  const entry = (name: string, properties: object) => ({
    event: name,
    distinct_id: userId ?? anonymousId,
    properties: { ...common, ...properties },
    timestamp: event.timestamp,
  })
  return [{ lane: 'batch', json: JSON.stringify({ ...named(config, event, entry), uuid: await uuidOf(event.messageId) }) }]
}

function named(config: PosthogConfig, event: StreamedEvent, entry: (name: string, properties: object) => object): object {
  const { type, userId, anonymousId, properties = {}, traits = {} } = event
  switch (type) {
    case 'track':
      return entry(event.event!, properties)
    case 'page':
      return entry('$pageview', { ...pick(properties, { $current_url: 'url', $pathname: 'path', $referrer: 'referrer' }), ...properties })
    case 'screen':
      return entry('$screen', { $screen_name: event.name, ...properties })
    case 'identify':
      if (userId === undefined) return entry('$set', { $set: traits })
      return entry('$identify', { $set: traits, ...(anonymousId === undefined ? {} : { $anon_distinct_id: anonymousId }) })
    case 'group':
      return entry('$groupidentify', { $group_type: config.group_type, $group_key: event.groupId, $group_set: traits })
    // `alias` is merged into the person of `distinct_id`, which is the userId.
    case 'alias':
      return entry('$create_alias', { alias: event.previousId })
  }
}

function lane(config: PosthogConfig, what: 'row' | 'event', runtime: Runtime): Lane {
  return {
    limits: { count: batchSize, bytes: 10_000_000, each: 1_000_000 },
    async send(pieces) {
      const answer = await post(config, pieces.map(({ json }) => json).join(','), runtime)
      const error = keyError(answer)
      if (error !== undefined) throw error
      return wholeReply(what, answer, pieces.length)
    },
  }
}

/** Older versions answer a wrong key with a 400 that says so. */
function keyError(answer: Answer) {
  return !answer.ok && /invalid_api_key|missing_api_key/.test(answer.text) ? refusedCredentials(answer) : undefined
}

function post({ url, api_key, timeout }: PosthogConfig, entries: string, runtime: Runtime): Promise<Answer> {
  const opening = JSON.stringify({ api_key, historical_migration: false }).slice(0, -1)
  return sendJson({ url: under(url, '/batch/'), body: `${opening},"batch":[${entries}]}`, timeout }, runtime)
}
