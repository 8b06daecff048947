export interface Token {
  value: string
  /** Milliseconds since the epoch; missing when nothing is known of its end. */
  expiresAt?: number
}

/** A token as one request has it. */
export interface TokenInUse {
  value: string
  /** It was obtained for this very request. */
  isFresh: boolean
}

/** Renewals in a row that helped nothing, after which a refusal is taken for what it says. */
const maxFutile = 3

/**
 * A token that can be had anew: obtained when it is first needed, and again when it has expired or the
 * API refuses it. Requests that need it at the same time share one renewal, since a refresh token may
 * be good for one use only.
 */
export class RenewableToken {
  private readonly obtain: () => Promise<Token>
  private readonly now: () => number
  private held: Token | undefined
  private pending: Promise<Token> | undefined
  private futile = 0

  /** `held` is a token that is known already: from the settings, or kept by an earlier run. */
  constructor(obtain: () => Promise<Token>, now: () => number, held?: Token) {
    this.obtain = obtain
    this.now = now
    this.held = held
  }

  async get(): Promise<TokenInUse> {
    const { held } = this
    if (held !== undefined && (held.expiresAt === undefined || held.expiresAt > this.now())) return { value: held.value, isFresh: false }
    this.pending ??= this.renew().finally(() => (this.pending = undefined))
    return { value: (await this.pending).value, isFresh: true }
  }

  /** The API took a request with it. */
  accepted({ isFresh }: TokenInUse): void {
    if (isFresh) this.futile = 0
  }

  /** The API said 401 to it. True when it may have come to its end, and the request is worth repeating with the next. */
  refused(token: TokenInUse): boolean {
    if (token.isFresh) this.futile++
    if (token.isFresh || this.futile >= maxFutile) return false
    this.drop(token)
    return true
  }

  /** The next request gets another, whatever is known of this one. */
  drop({ value }: TokenInUse): void {
    if (this.held?.value === value) this.held = undefined
  }

  private async renew(): Promise<Token> {
    this.held = await this.obtain()
    return this.held
  }
}

/** The tokens of one check or read, by what they are obtained with: streams with the same credentials share one. */
export class TokenShelf {
  private readonly tokens = new Map<string, Promise<RenewableToken>>()

  find(key: string, make: () => Promise<RenewableToken>): Promise<RenewableToken> {
    const found = this.tokens.get(key) ?? make()
    this.tokens.set(key, found)
    return found
  }
}
