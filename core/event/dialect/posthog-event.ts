import { idText } from '../schema.ts'
import { isObject } from './dialect.ts'

type Fields = Record<string, unknown>

/**
 * An event of PostHog in Segment's form: `$identify` and `$set` are identify, `$pageview` page, `$screen` screen,
 * `$groupidentify` group, `$create_alias` and `$merge_dangerously` alias, all others track. Person properties that come
 * with another event ($set, $set_once) are an identify of their own beside it. What is no object stays as it is.
 */
export function posthogEvents(raw: unknown): unknown[] {
  if (!isObject(raw)) return [raw]
  const properties = propertiesOf(raw)
  const distinctId = idText(raw['distinct_id']) ?? idText(properties['distinct_id']) ?? idText(raw['$distinct_id'])
  const common = {
    messageId: raw['uuid'],
    timestamp: raw['timestamp'],
    ...peopleOf(distinctId, raw['event'], properties),
    context: contextOf(properties),
  }
  const page = pageOf(properties)
  const rest = without(properties)
  const traits = personOf(raw, properties)
  const ownId = idText(raw['uuid'])
  const personId = ownId === undefined ? undefined : `${ownId}-set`
  const person = traits === undefined ? [] : [{ ...common, type: 'identify', messageId: personId, traits }]
  switch (raw['event']) {
    case '$identify':
    case '$set':
      return [{ ...common, type: 'identify', traits: traits ?? {}, properties: rest }]
    case '$pageview':
      return [{ ...common, type: 'page', name: page.title, properties: { ...rest, ...page } }, ...person]
    case '$screen':
      return [{ ...common, type: 'screen', name: text(properties['$screen_name']), properties: rest }, ...person]
    case '$groupidentify':
      return [
        {
          ...common,
          type: 'group',
          groupId: properties['$group_key'],
          // Segment's group has no type; RudderStack's PostHog destination takes it from this trait, so it comes back as that.
          traits: { ...(isObject(properties['$group_set']) ? properties['$group_set'] : {}), groupType: properties['$group_type'] },
        },
      ]
    case '$create_alias':
    case '$merge_dangerously':
      return [{ ...common, type: 'alias', userId: distinctId, previousId: properties['alias'] }]
    default:
      return [{ ...common, type: 'track', event: raw['event'], properties: rest }, ...person]
  }
}

/**
 * Who it is of (posthog.com/docs/data/anonymous-vs-identified-events, posthog.com/docs/product-analytics/identify). A
 * distinct id is a user's unless the event says that it has no person, is of nobody identified, or is the device's own.
 */
function peopleOf(distinctId: string | undefined, event: unknown, properties: Fields): Fields {
  const device = idText(properties['$device_id'])
  const previous = idText(properties['$anon_distinct_id'])
  // groupIdentify without a person is sent under this name.
  const group = idText(properties['$group_type'])
  const ofGroup = event === '$groupidentify' && group !== undefined && distinctId === `$${group}_${idText(properties['$group_key']) ?? ''}`
  const anonymous =
    ofGroup ||
    properties['$process_person_profile'] === false ||
    properties['$is_identified'] === false ||
    (distinctId === device && event !== '$identify')
  if (distinctId === undefined) return { anonymousId: device }
  return anonymous ? { anonymousId: distinctId } : { userId: distinctId, anonymousId: previous ?? device }
}

/** The newer capture API lifts some properties out of `properties`; they go back under the names they had. */
function propertiesOf(raw: Fields): Fields {
  const properties = isObject(raw['properties']) ? raw['properties'] : {}
  const { options, session_id: session, window_id: window } = raw
  if (!isObject(options)) return properties
  const lifted = { $session_id: session, $window_id: window, $process_person_profile: options['process_person_profile'] }
  return { ...properties, ...Object.fromEntries(Object.entries(lifted).filter(([, value]) => value !== undefined)) }
}

/** $set over $set_once, beside the event or in its properties; $unset names what is no more. */
function personOf(raw: Fields, properties: Fields): Fields | undefined {
  const sets = ['$set_once', '$set'].flatMap((name) => [properties[name], raw[name]]).filter(isObject)
  const unset = Array.isArray(properties['$unset']) ? properties['$unset'].filter((name) => typeof name === 'string') : []
  const traits = [...sets, ...unset.map((name) => ({ [name]: null }))].reduce<Fields>((all, some) => ({ ...all, ...some }), {})
  return Object.keys(traits).length === 0 ? undefined : traits
}

function contextOf(properties: Fields): Fields {
  const page = pageOf(properties)
  return {
    library: properties['$lib'] === undefined ? { name: 'posthog' } : { name: properties['$lib'], version: properties['$lib_version'] },
    ip: properties['$ip'],
    userAgent: properties['$raw_user_agent'] ?? properties['$user_agent'] ?? properties['$useragent'],
    locale: properties['$browser_language'],
    timezone: properties['$timezone'],
    page: Object.values(page).some((value) => value !== undefined) ? page : undefined,
    groups: properties['$groups'],
  }
}

function pageOf(properties: Fields): Fields {
  const title = text(properties['title']) ?? text(properties['$title'])
  return { url: properties['$current_url'], path: properties['$pathname'], referrer: properties['$referrer'], title }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Properties that stand elsewhere in the event. */
const moved = new Set(['$lib', '$lib_version', '$set', '$set_once', '$unset', '$ip', 'token', 'distinct_id', '$raw_user_agent', '$groups'])

function without(properties: Fields): Fields {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !moved.has(name)))
}
