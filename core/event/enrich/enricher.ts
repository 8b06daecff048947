import { Bots } from './bot.ts'
import { Campaigns } from './campaign.ts'
import { hintsOfData } from './client-hints.ts'
import { complete } from './complete.ts'
import { hasConsent, normalizeConsent } from './consent.ts'
import { truncateIp } from './ip.ts'
import { isBrowser, Senders } from './sender.ts'
import type { EnrichSettings } from './settings.ts'
import { UserAgents } from './user-agent.ts'
import type { Visitor } from './visitor.ts'

type Fields = Record<string, unknown>

/** Why an event is counted and not stored, though nothing is wrong with it. */
export type DropReason = 'bot' | 'no-consent'

/** Enriches the contexts of events. Remembers what many have in common, so one serves all requests of an isolate. */
export class Enricher {
  readonly #senders = new Senders()
  readonly #bots = new Bots()
  readonly #campaigns = new Campaigns()
  readonly #agents = new UserAgents()

  /**
   * @param event as it was sent
   * @param context its own, copied: it is changed, what is within it is not
   * @param visitor who sent it; undefined for a server's request
   */
  enrich(event: Fields, context: Fields, visitor: Visitor | undefined, settings: EnrichSettings): DropReason | undefined {
    normalizeConsent(context)
    if (settings.consent !== undefined && !hasConsent(context, settings.consent.required)) return 'no-consent'
    if (visitor !== undefined && this.#senders.isClient(event, context, visitor)) {
      const bot = settings.bots === 'keep' ? undefined : this.#botOf(context['userAgent'], visitor.userAgent)
      if (bot !== undefined && settings.bots === 'drop') return 'bot'
      if (bot !== undefined) complete(context, 'bot', { is_bot: true, name: bot })
      addRequest(context, visitor, settings)
      if (settings.user_agent) this.#addAgent(context, visitor)
    } else if (settings.user_agent && typeof context['userAgent'] === 'string') this.#addAgent(context, undefined)
    if (settings.campaign) this.#campaigns.add(context, event['properties'])
    if (settings.ip !== 'keep') hideIp(context, settings.ip)
    return undefined
  }

  #botOf(told: unknown, header: string | undefined): string | undefined {
    const bot = typeof told === 'string' ? this.#bots.nameOf(told) : undefined
    return bot !== undefined || header === undefined || header === told ? bot : this.#bots.nameOf(header)
  }

  #addAgent(context: Fields, visitor: Visitor | undefined): void {
    const header = visitor?.userAgent
    if (isAbsent(context['userAgent']) && isBrowser(header)) context['userAgent'] = header
    const userAgent = context['userAgent']
    if (typeof userAgent !== 'string') return
    const hints = hintsOfData(context['userAgentData']) ?? (userAgent === header ? visitor?.hints : undefined)
    const { device, os, browser } = this.#agents.read(userAgent, hints)
    if (device !== undefined) complete(context, 'device', device)
    if (os !== undefined) complete(context, 'os', os)
    if (browser !== undefined) complete(context, 'browser', browser)
  }
}

/** The address of the request, and where it is. An address that the sender told is not the request's, nor is its place. */
function addRequest(context: Fields, visitor: Visitor, { geo, ip }: EnrichSettings): void {
  const told = context['ip']
  if (isAbsent(told)) {
    const own = ip === 'drop' ? undefined : visitor.ip
    if (own !== undefined) context['ip'] = own
  } else if (!geo || told !== visitor.ip) return
  if (!geo) return
  const { location, network } = visitor.place ?? {}
  if (location !== undefined) complete(context, 'location', location)
  if (network !== undefined) complete(context, 'network', network)
}

function hideIp(context: Fields, policy: 'truncate' | 'drop'): void {
  const { ip } = context
  if (isAbsent(ip)) return
  context['ip'] = policy === 'truncate' && typeof ip === 'string' ? truncateIp(ip) : undefined
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}
