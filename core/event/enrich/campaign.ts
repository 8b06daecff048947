import type { JsonObject } from '../../lib/json.ts'
import { complete, isObject } from './complete.ts'
import { Memo } from './memo.ts'

/**
 * Parameters of campaigns and their names in `context.campaign`, as Segment's browser SDK has them: without utm_, and
 * utm_campaign is the name (segment.com/docs/connections/spec/common/#context-fields). The list is that of
 * support.google.com/analytics/answer/10917952.
 */
const campaignNames: Record<string, string> = {
  utm_campaign: 'name',
  utm_source: 'source',
  utm_medium: 'medium',
  utm_term: 'term',
  utm_content: 'content',
  utm_id: 'id',
  utm_source_platform: 'source_platform',
  utm_creative_format: 'creative_format',
  utm_marketing_tactic: 'marketing_tactic',
}

/**
 * Ids that ad networks add to a click's address. No spec has a place for them: they stand in `context.clickIds` by the
 * name of the parameter, in lower case (Snapchat's is ScCid).
 */
const clickIds = new Set([
  'gclid', // Google Ads, and its two for iOS
  'gbraid',
  'wbraid',
  'dclid', // Google's Display & Video 360
  'fbclid', // Meta
  'msclkid', // Microsoft
  'ttclid', // TikTok
  'twclid', // X
  'li_fat_id', // LinkedIn
  'sccid', // Snapchat
  'rdt_cid', // Reddit
  'epik', // Pinterest
  'yclid', // Yandex
  'irclickid', // impact.com
])

interface Campaign {
  campaign: JsonObject | undefined
  clickIds: JsonObject | undefined
}

/** Longer queries are not read. */
const maxQuery = 4000

export class Campaigns {
  readonly #known = new Memo<Campaign>(1000)

  /** Adds what the address of the event's page tells to `context.campaign` and `context.clickIds`. */
  add(context: Record<string, unknown>, properties: unknown): void {
    const query = queryOf(context['page'], properties)
    if (query === undefined || query.length > maxQuery || !isOfInterest.test(query)) return
    const { campaign, clickIds: ids } = this.#known.of(query, () => campaignOf(query))
    if (campaign !== undefined) complete(context, 'campaign', campaign)
    if (ids !== undefined) complete(context, 'clickIds', ids)
  }
}

/** What every parameter above has: a query without it need not be read. */
const isOfInterest = /utm_|cl(?:ic)?k?id|braid|li_fat_id|sccid|rdt_cid|epik/i

/** The query of the page the event is of: without the question mark. */
function queryOf(page: unknown, properties: unknown): string | undefined {
  const { url, search } = isObject(page) ? page : none
  return afterMark(url) ?? afterMark(isObject(properties) ? properties['url'] : undefined) ?? afterMark(search)
}

const none: Record<string, unknown> = {}

function afterMark(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const mark = text.indexOf('?')
  if (mark === -1) return undefined
  const hash = text.indexOf('#')
  if (hash === -1) return text.slice(mark + 1)
  return hash < mark ? undefined : text.slice(mark + 1, hash)
}

function campaignOf(query: string): Campaign {
  const campaign: JsonObject = {}
  const ids: JsonObject = {}
  for (const [parameter, value] of new URLSearchParams(query)) {
    if (value === '') continue
    const key = parameter.toLowerCase()
    // The first of several, as browsers' URLSearchParams.get has it.
    if (Object.hasOwn(campaignNames, key)) campaign[campaignNames[key]!] ??= value
    else if (clickIds.has(key)) ids[key] ??= value
  }
  return { campaign: filled(campaign), clickIds: filled(ids) }
}

function filled(object: JsonObject): JsonObject | undefined {
  return Object.keys(object).length === 0 ? undefined : object
}
