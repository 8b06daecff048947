import { type ClientHints, hintsOfHeaders } from '#core/event/enrich/client-hints.ts'
import { placeOf, placeOfCloudflare } from '#core/event/enrich/place.ts'
import type { Place, Visitor } from '#core/event/enrich/visitor.ts'
import type { Settings } from './env.ts'

/** Reads of a request what is asked for, once. A header read crosses into the runtime, and most requests need few. */
export class RequestVisitor implements Visitor {
  readonly #request: { cf?: unknown }
  readonly #headers: Pick<Headers, 'get'>
  readonly #settings: Settings
  #ip: { value: string | undefined } | undefined
  #userAgent: { value: string | undefined } | undefined
  #hints: { value: ClientHints | undefined } | undefined
  #place: { value: Place | undefined } | undefined

  /** @param request `cf` is there where Cloudflare runs us */
  constructor(request: { cf?: unknown }, headers: Pick<Headers, 'get'>, settings: Settings) {
    this.#request = request
    this.#headers = headers
    this.#settings = settings
  }

  get ip(): string | undefined {
    return (this.#ip ??= { value: addressIn(this.#headers.get(this.#settings.CLIENT_IP_HEADER)) }).value
  }

  get userAgent(): string | undefined {
    return (this.#userAgent ??= { value: this.#headers.get('user-agent') ?? undefined }).value
  }

  get hints(): ClientHints | undefined {
    return (this.#hints ??= { value: hintsOfHeaders((name) => this.#headers.get(name)) }).value
  }

  get place(): Place | undefined {
    return (this.#place ??= { value: this.#readPlace() }).value
  }

  #readPlace(): Place | undefined {
    const names = this.#settings.GEO_HEADERS
    if (names === null) return undefined
    if (names === undefined) return placeOfCloudflare(this.#request.cf)
    return placeOf((field) => {
      const name = names[field]
      return name === undefined ? undefined : this.#headers.get(name)
    })
  }
}

/** The sender's address as the proxy before us tells it; with several, the first is the sender's. */
function addressIn(header: string | null): string | undefined {
  const ip = header?.split(',')[0]?.trim()
  return ip && ip.length <= 45 && /^[\da-fA-F.:]+$/.test(ip) ? ip : undefined
}
