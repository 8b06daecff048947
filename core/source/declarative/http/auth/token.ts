export interface Token {
  value: string
  /** Milliseconds since the epoch; missing when nothing is known of its end. */
  expiresAt?: number
}

/** Renewals in a row that helped nothing, after which a refusal is taken for what it says. */
const maxFutile = 3

/**
 * A token that can be had anew: obtained when it is first needed, and again when it has expired or the
 * API refuses it. Requests that need it at the same time share one renewal, since a refresh token may
 * be good for one use only.
 *
 *   new ──accepted──▶ proven ──refused──▶ (dropped) ──obtained──▶ new
 *    └──refused──▶ doubtful ──accepted──▶ proven
 */
export class RenewableToken {
  private readonly obtain: () => Promise<Token>
  private readonly now: () => number
  private held: Token | undefined
  private pending: Promise<Token> | undefined
  private standing: 'new' | 'proven' | 'doubtful'
  private futile = 0

  /** `held` is a token from the settings: it may be old, so its first refusal is reason enough to renew it. */
  constructor(obtain: () => Promise<Token>, now: () => number, held?: Token) {
    this.obtain = obtain
    this.now = now
    this.held = held
    this.standing = held === undefined ? 'new' : 'proven'
  }

  async get(): Promise<string> {
    const { held } = this
    if (held !== undefined && (held.expiresAt === undefined || held.expiresAt > this.now())) return held.value
    this.pending ??= this.renew().finally(() => (this.pending = undefined))
    return (await this.pending).value
  }

  /** The API took a request with it. */
  accepted(value: string): void {
    if (this.held?.value !== value) return
    if (this.standing === 'new') this.futile = 0
    this.standing = 'proven'
  }

  /** The API said 401 to it. True when the request is worth repeating with the next token. */
  refused(value: string): boolean {
    if (this.held?.value !== value) return true
    if (this.standing !== 'proven' || this.futile >= maxFutile) {
      if (this.standing === 'new') this.futile++
      this.standing = 'doubtful'
      return false
    }
    this.drop(value)
    return true
  }

  /** The next request gets another, whatever is known of this one. */
  drop(value: string): void {
    if (this.held?.value === value) this.held = undefined
  }

  private async renew(): Promise<Token> {
    const token = await this.obtain()
    this.held = token
    this.standing = 'new'
    return token
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
