import type { EdgeSource } from '#core/event/edge-config.ts'
import { originMatcher } from '#core/event/origin.ts'
import { TokenBucket } from '#core/event/token-bucket.ts'
import { MillraceError } from '#core/lib/error.ts'
import { anonymousCookie } from './cookie.ts'

/**
 * What a source lets in. One a source and isolate: made when the publication is read, asked at each request. So a rate
 * limit is one isolate's: a self-hosted collector has one, Cloudflare as many as it runs at the time.
 */
export class Gate {
  readonly #source: EdgeSource
  readonly #matches: ((origin: string) => boolean) | undefined
  readonly #bucket: TokenBucket | undefined
  readonly #cookieDomain: string | undefined

  constructor(source: EdgeSource, now: number) {
    this.#source = source
    if (source.kind !== 'sdk') return
    if (source.origins !== undefined) this.#matches = originMatcher(source.origins)
    if (source.rate_limit !== undefined) this.#bucket = new TokenBucket(source.rate_limit, now)
    this.#cookieDomain = source.first_party.cookie_domain
  }

  /** Why the source takes nothing from there: `source-disabled`, `wrong-origin`. No origin is no page, and passes. */
  refusal(origin: string | null): MillraceError | undefined {
    const { name, enabled } = this.#source
    if (!enabled) return new MillraceError({ code: 'source-disabled', fault: 'config', message: `The source ${name} is disabled.` })
    if (origin === null || this.#matches === undefined || this.#matches(origin)) return undefined
    const message = `The source ${name} takes no events from pages of ${origin.slice(0, 200)}.`
    return new MillraceError({ code: 'wrong-origin', fault: 'config', message, mend: 'Add it to the origins of the source.' })
  }

  /** 0 when so many events may pass now, else after how many seconds to come again. */
  wait(events: number, now: number): number {
    return this.#bucket === undefined ? 0 : this.#bucket.take(events, now)
  }

  /** The Set-Cookie of an answer to these events, where the source wants one and a page of its site sent them. */
  cookie(events: readonly unknown[], origin: string | null): string | undefined {
    return this.#cookieDomain === undefined || origin === null ? undefined : anonymousCookie(events, origin, this.#cookieDomain)
  }
}
