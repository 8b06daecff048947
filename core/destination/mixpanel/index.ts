import { z } from 'zod'
import { checkBy } from '../../connector/check.ts'
import { defineDestination, type EventOutcome, type StreamedEvent } from '../../connector/destination.ts'
import { fittingId } from '../../connector/event-id.ts'
import {
  type Answer,
  basic,
  refusal,
  refusedCredentials,
  rejection,
  sendJson,
  under,
  unexpectedAnswer,
} from '../../connector/json-request.ts'
import { pick } from '../../connector/lookup.ts'
import { knownObject } from '../../connector/object.ts'
import { deliverPieces, type Lane, type Piece, type Reply } from '../../connector/pieces.ts'
import { viewName } from '../../connector/view-name.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { type MixpanelConfig, mixpanelConfigSchema } from './config.ts'

/*
 * Mixpanel's ingestion API. Events go to /import (docs.mixpanel.com/reference/import-events): at most 2,000 and 10 MB a
 * request, 1 MB each; with strict=1 a 400 names those it refused and has taken the others; repeats are told by
 * $insert_id, 36 letters, digits and dashes. Users go to /engage, groups to /groups (…/reference/profile-set,
 * …/reference/group-set): at most 2,000 a request; 200 is answered for all, and with verbose=1 `status: 0` says that
 * it failed.
 */
const batchSize = 1_000
const paths = { import: '/import?strict=1', engage: '/engage?verbose=1', groups: '/groups?verbose=1' }
type LaneName = keyof typeof paths

const failedSchema = z.object({
  failed_records: z.array(z.object({ index: z.number(), field: z.string().default(''), message: z.string() })).min(1),
})
const importedSchema = z.object({ num_records_imported: z.number() })
const verboseSchema = z.object({ status: z.number(), error: z.string().nullish() })

/** Properties that Mixpanel knows (docs.mixpanel.com/docs/data-structure/property-reference/reserved-properties), and where in the context they are. */
const contextFields = {
  ip: 'ip',
  $current_url: 'page.url',
  $referrer: 'page.referrer',
  $os: 'os.name',
  $manufacturer: 'device.manufacturer',
  $model: 'device.model',
  $app_version_string: 'app.version',
  $screen_width: 'screen.width',
  $screen_height: 'screen.height',
  utm_source: 'campaign.source',
  utm_medium: 'campaign.medium',
  utm_campaign: 'campaign.name',
  utm_content: 'campaign.content',
  utm_term: 'campaign.term',
}
/** The same of a user, and the trait they are in. */
const traitNames = new Map(
  Object.entries({
    email: '$email',
    name: '$name',
    firstName: '$first_name',
    lastName: '$last_name',
    phone: '$phone',
    avatar: '$avatar',
    createdAt: '$created',
  }),
)

/** Sends events, users and groups to Mixpanel. */
export const mixpanel = defineDestination<MixpanelConfig>({
  name: 'mixpanel',
  title: 'Mixpanel',
  description: 'Sends events, users and groups to Mixpanel by its ingestion API.',
  config: mixpanelConfigSchema,

  check: (config, runtime) => checkBy(post('import', config, '', runtime)),

  events: {
    limits: { batchSize, batchBytes: 4_000_000, requestsPerSecond: 10 },
    types: ['track', 'identify', 'page', 'screen', 'group'],
    async deliver(config, events, runtime) {
      const prepared = await Promise.all(events.map((event) => piecesOf(config, event)))
      return deliverPieces(prepared, (name) => lane(name as LaneName, config, 'event', runtime))
    },
  },

  rows: {
    limits: { batchSize, requestsPerSecond: 10 },
    operations: ['upsert', 'delete'],
    async deliver(config, { object, operation, rows }, runtime) {
      const kind = knownObject(object, ['users', 'groups'])
      const pieces = rows.map(({ key, fields }) => {
        // Without $ignore_alias a deletion would delete whom the id is an alias of (…/reference/delete-profile).
        const change = operation === 'upsert' ? { $set: fields } : { $delete: '', ...(kind === 'users' ? { $ignore_alias: true } : {}) }
        return [kind === 'users' ? userPiece(config, key, { $ip: '0', ...change }) : groupPiece(config, key, change)]
      })
      return deliverPieces<never>(pieces, (name) => lane(name as LaneName, config, 'row', runtime))
    },
  },
})

async function piecesOf(config: MixpanelConfig, event: StreamedEvent): Promise<Piece[] | EventOutcome> {
  const { userId, anonymousId, traits = {} } = event
  // Mixpanel places a user by the request's address, which is ours, unless it is told another, or 0 for none.
  const place = { $ip: typeof event.context['ip'] === 'string' ? event.context['ip'] : '0' }
  switch (event.type) {
    case 'track':
      return [await eventPiece(event.event!, event, event.properties)]
    case 'page':
    case 'screen':
      return [await eventPiece(viewName(event), event, event.properties)]
    case 'identify': {
      if (userId === undefined) return { status: 'skipped', reason: 'Mixpanel keeps profiles of users with a userId.' }
      const profile = userPiece(config, userId, { ...place, $set: userTraits(traits) })
      // Joins what was done without the userId: by its ids (Simplified ID Merge), or its name (Original).
      const ids = { $identified_id: userId, $anon_id: anonymousId! }
      return anonymousId === undefined ? [profile] : [await eventPiece('$identify', event, ids), profile]
    }
    default: {
      if (userId === undefined) return { status: 'skipped', reason: 'Mixpanel knows the groups of users with a userId.' }
      const groupId = event.groupId!
      return [
        userPiece(config, userId, { ...place, $union: { [config.group_type]: [groupId] } }),
        ...(event.traits === undefined ? [] : [groupPiece(config, groupId, { $set: traits })]),
      ]
    }
  }
}

/** `distinct_id` is for projects on the Original ID Merge; the others make it of `$user_id` and `$device_id` (…/identifying-users-simplified). */
async function eventPiece(name: string, event: StreamedEvent, properties: JsonObject | undefined): Promise<Piece> {
  const { userId, anonymousId } = event
  const known = {
    ...pick(event.context, contextFields),
    ...properties,
    time: Date.parse(event.timestamp),
    distinct_id: userId ?? anonymousId ?? '',
    $user_id: userId,
    $device_id: anonymousId,
    $insert_id: await fittingId(event.messageId, /^[0-9a-zA-Z-]{1,36}$/, 36),
  }
  return { lane: 'import', json: JSON.stringify({ event: name, properties: known }) }
}

function userPiece({ token }: MixpanelConfig, user: string, change: object): Piece {
  return { lane: 'engage', json: JSON.stringify({ $token: token, $distinct_id: user, ...change }) }
}

function groupPiece({ token, group_type }: MixpanelConfig, group: string, change: object): Piece {
  return { lane: 'groups', json: JSON.stringify({ $token: token, $group_key: group_type, $group_id: group, ...change }) }
}

function userTraits(traits: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(traits).map(([name, value]) => [traitNames.get(name) ?? name, value]))
}

function lane(name: LaneName, config: MixpanelConfig, what: 'row' | 'event', runtime: Runtime): Lane {
  return {
    limits: { count: batchSize, bytes: 4_000_000, each: 1_000_000 },
    async send(pieces) {
      return replyOf(name, await post(name, config, pieces.map(({ json }) => json).join(','), runtime), pieces, what)
    },
  }
}

function replyOf(name: LaneName, answer: Answer, pieces: readonly Piece[], what: 'row' | 'event'): Reply {
  const failed = failedSchema.safeParse(answer.json).data
  if (failed !== undefined) {
    const faults = new Map(failed.failed_records.map((record) => [record.index, record]))
    return pieces.map((_, index) => {
      const fault = faults.get(index)
      return fault === undefined ? { status: 'accepted' } : { status: 'rejected', error: rejection(what, answer, fault.message) }
    })
  }
  if (!answer.ok) return refusal(what, answer)
  if (name === 'import') {
    if (!importedSchema.safeParse(answer.json).success) throw unexpectedAnswer(answer)
    return pieces.map(() => ({ status: 'accepted' }))
  }
  const verbose = verboseSchema.safeParse(answer.json).data
  if (verbose === undefined) throw unexpectedAnswer(answer)
  if (verbose.status === 1) return pieces.map(() => ({ status: 'accepted' }))
  // Here a wrong token is an error like any other (…/reference/profile-set, "token, missing or empty").
  if (/\btoken\b/i.test(verbose.error ?? '')) throw refusedCredentials(answer)
  return { refused: rejection(what, answer, verbose.error ?? '') }
}

function post(name: LaneName, config: MixpanelConfig, entries: string, runtime: Runtime): Promise<Answer> {
  const { url, token, service_account: account, timeout } = config
  const project = name === 'import' && account !== undefined ? `&project_id=${encodeURIComponent(account.project_id)}` : ''
  const authorization = account === undefined ? basic(token, '') : basic(account.username, account.secret)
  const headers: Record<string, string> = name === 'import' ? { authorization } : {}
  return sendJson({ url: under(url, paths[name] + project), headers, body: `[${entries}]`, timeout }, runtime)
}
