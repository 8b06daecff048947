import { z } from 'zod'
import { checkBy } from '../../connector/check.ts'
import { defineDestination, type EventOutcome, type StreamedEvent } from '../../connector/destination.ts'
import { type Answer, sendJson, under, wholeReply } from '../../connector/json-request.ts'
import { lookup } from '../../connector/lookup.ts'
import { deliverPieces, type Lane, type Piece } from '../../connector/pieces.ts'
import { snakeCase } from '../../event/naming.ts'
import { MillraceError } from '../../lib/error.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { Runtime } from '../../lib/runtime.ts'
import {
  type Ga4Config,
  ga4ConfigSchema,
  itemFields,
  lengths,
  ofOneProduct,
  recommended,
  renamed,
  reservedNames,
  reservedParam,
} from './config.ts'

/*
 * Google's Measurement Protocol (developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events and
 * …/reference). It answers 2xx to whatever it is sent and drops without a word what breaks its rules, so the rules are
 * ours to check: a request is about one client, has at most 25 events and 130 kB; an event has at most 25 parameters,
 * a name of 40 letters, digits and underscores that is not reserved, and happened within 72 hours. It does not tell
 * repeats; a purchase is told by its transaction_id. Traits are not sent: they tend to hold what its terms forbid.
 */
const limits = { count: 25, bytes: 125_000 }
const paramLimit = 25
const ageLimit = 72 * 3_600_000

const debugSchema = z.object({ validationMessages: z.array(z.object({ description: z.string() })) })

/** Sends events to Google Analytics 4. */
export const ga4 = defineDestination<Ga4Config>({
  name: 'ga4',
  title: 'Google Analytics 4',
  description: 'Sends events to a web data stream of Google Analytics 4 by its Measurement Protocol.',
  config: ga4ConfigSchema,

  // Google's own validation takes nothing, and says what is wrong; of the API secret nobody learns whether it is right.
  check(config, runtime) {
    const probe = JSON.stringify({ client_id: 'millrace', events: [{ name: 'millrace_check', params: {} }] })
    return checkBy(post(config, '/debug/mp/collect', probe, runtime), ({ json }) => {
      const message = debugSchema.safeParse(json).data?.validationMessages[0]?.description
      return message === undefined ? undefined : new MillraceError({ code: 'destination-refused', fault: 'config', message })
    })
  },

  events: {
    limits: { batchSize: 250 },
    types: ['track', 'page', 'screen'],
    deliver(config, events, runtime) {
      const now = runtime.clock.now()
      const prepared = events.map((event) => piecesOf(config, event, now))
      return deliverPieces(prepared, (name) => lane(name, config, runtime), config.concurrency)
    },
  },
})

function piecesOf(config: Ga4Config, event: StreamedEvent, now: number): Piece[] | EventOutcome {
  const own = event.type === 'track' ? snakeCase(event.event!) : event.type === 'page' ? 'page_view' : 'screen_view'
  const name = recommended.get(own) ?? own
  const clientId = config.client_id === 'anonymousId' ? event.anonymousId : lookup(event as unknown as JsonObject, config.client_id)
  const params = paramsOf(name, event, config)
  const time = Date.parse(event.timestamp)
  const problem = problemOf(name, params, now - time)
  if (problem !== undefined) {
    return { status: 'rejected', error: new MillraceError({ code: 'event-rejected', fault: 'config', ...problem }) }
  }
  // RudderStack's SDKs say which session it is; Google wants it with the time the user was engaged to show the user as active.
  const session = event.properties?.['session_id'] ?? lookup(event.context, 'sessionId')
  const entry = {
    name,
    params: { ...params, ...(session === undefined ? {} : { session_id: String(session) }), engagement_time_msec: 1 },
    // What lies ahead of Google's clock happened when it arrives.
    ...(time > now ? {} : { timestamp_micros: time * 1000 }),
  }
  return [{ lane: JSON.stringify({ client_id: String(clientId ?? event.userId), user_id: event.userId }), json: JSON.stringify(entry) }]
}

/** Why Google would drop the event, or the amount of it. */
function problemOf(name: string, params: JsonObject, age: number): { message: string; mend?: string } | undefined {
  if (!/^\p{L}[\p{L}\p{N}_]{0,39}$/u.test(name)) {
    return { message: `"${name}" is no name for an event: at most 40 letters, digits and underscores, a letter first.` }
  }
  if (reservedNames.has(name) || /^(firebase|ga|google)_/.test(name))
    return { message: `"${name}" is a name that Google Analytics keeps for itself.` }
  if (age > ageLimit) return { message: 'It happened more than 72 hours ago.' }
  // engagement_time_msec and session_id are ours.
  const count = Object.keys(params).length + 2
  if (count > paramLimit) {
    return { message: `It has ${count} parameters, and may have ${paramLimit}.`, mend: 'Name those to send in the setting params.' }
  }
  if (name === 'purchase' && params['transaction_id'] === undefined) return { message: 'A purchase needs an order_id.' }
  if (params['currency'] === null) return { message: 'It has an amount and no currency.', mend: 'Set currency for those that have none.' }
  return undefined
}

/** @param client what the request says of its client, as JSON. */
function lane(client: string, config: Ga4Config, runtime: Runtime): Lane {
  return {
    limits,
    async send(pieces) {
      const body = `${client.slice(0, -1)},"events":[${pieces.map(({ json }) => json).join(',')}]}`
      return wholeReply('event', await post(config, '/mp/collect', body, runtime), pieces.length)
    },
  }
}

function post({ url, measurement_id, api_secret, timeout }: Ga4Config, path: string, body: string, runtime: Runtime): Promise<Answer> {
  const query = new URLSearchParams({ measurement_id, api_secret })
  return sendJson({ url: under(url, `${path}?${query}`), body, timeout }, runtime)
}

/** The parameters of an event named as Google names it: flat, since an event with nested ones is dropped. */
function paramsOf(name: string, event: StreamedEvent, config: Ga4Config): JsonObject {
  const properties = event.properties ?? {}
  const params: JsonObject = {}
  const used = new Set<string>()
  const rename = (fields: Readonly<Record<string, readonly string[]>>, from: JsonObject, into: JsonObject) => {
    for (const [field, names] of Object.entries(fields)) {
      const found = names.find((candidate) => isScalar(from[candidate]))
      if (found === undefined) continue
      into[field] = scalar(field, from[found])
      if (from === properties) used.add(found)
    }
  }
  const page = { page_location: 'url', page_referrer: 'referrer', page_title: 'title' }
  for (const [field, key] of Object.entries(page)) {
    const value = (event.type === 'page' ? properties[key] : undefined) ?? lookup(event.context, `page.${key}`)
    if (isScalar(value)) params[field] = scalar(field, value)
    if (event.type === 'page') used.add(key)
  }
  if (event.type === 'screen' && event.name !== undefined) params['screen_name'] = event.name
  if ([...recommended.values()].includes(name)) {
    rename(renamed, properties, params)
    const items = itemsOf(name, properties, rename)
    if (items.length > 0) params['items'] = items
    used.add('products')
    if (params['value'] !== undefined) params['currency'] = properties['currency'] ?? config.currency ?? null
  }
  for (const [path, value] of flatten(properties)) {
    if (used.has(path[0]!) || (config.params !== undefined && !config.params.includes(path[0]!))) continue
    const field = fieldName(path.join('_'))
    if (field !== undefined && !Object.hasOwn(params, field)) params[field] = scalar(field, value)
  }
  return params
}

function itemsOf(name: string, properties: JsonObject, rename: (f: typeof itemFields, from: JsonObject, into: JsonObject) => void) {
  const products = Array.isArray(properties['products']) ? properties['products'] : ofOneProduct.test(name) ? [properties] : []
  return products.flatMap((product) => {
    if (typeof product !== 'object' || product === null || Array.isArray(product)) return []
    const item: JsonObject = {}
    rename(itemFields, product, item)
    return Object.keys(item).length === 0 ? [] : [item]
  })
}

/** Letters, digits and underscores, a letter first, at most 40 (protocol, "Limitations"). */
function fieldName(name: string): string | undefined {
  if (reservedParam.test(name)) return undefined
  const allowed = name.replaceAll(/\W/g, '_')
  return (/^[a-z]/i.test(allowed) ? allowed : `p_${allowed}`).slice(0, 40)
}

function* flatten(object: JsonObject, above: readonly string[] = []): Generator<[string[], Json]> {
  for (const [key, value] of Object.entries(object)) {
    const path = [...above, key]
    if (value === null || value === '') continue
    if (typeof value === 'object' && !Array.isArray(value)) yield* flatten(value, path)
    else yield [path, value]
  }
}

function isScalar(value: Json | undefined): value is string | number | boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean'
}

/** A number stays one; what is neither text nor number becomes text. */
function scalar(field: string, value: Json | undefined): string | number {
  if (typeof value === 'number') return value
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.slice(0, lengths.get(field) ?? 100)
}
