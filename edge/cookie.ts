/** The longest a browser keeps a cookie, in seconds: 400 days (RFC 6265bis 5.5). */
const maxAge = 400 * 24 * 60 * 60

/** Longer ids are no SDK's. */
const maxLength = 200

/**
 * Set-Cookie for the anonymous id of the last of these events that has one, under the name Segment's browser SDK reads.
 * Safari deletes what scripts store after 7 days (webkit.org/blog/10218), a cookie of a server's answer it keeps; so the
 * cookie is set anew with each answer. A script has to read it, hence no HttpOnly. Only pages of the domain set it, or
 * any page could give its visitors an id it knows.
 */
export function anonymousCookie(events: readonly unknown[], origin: string, domain: string): string | undefined {
  const host = /^https?:\/\/([^:/]+)/.exec(origin)?.[1]
  if (host !== domain && !host?.endsWith(`.${domain}`)) return undefined
  const id = events.findLast(hasAnonymousId)?.anonymousId
  if (id === undefined || !id.isWellFormed()) return undefined
  return `ajs_anonymous_id=${encodeURIComponent(id)}; Domain=${domain}; Path=/; Max-Age=${maxAge}; Secure; SameSite=Lax`
}

function hasAnonymousId(event: unknown): event is { anonymousId: string } {
  if (typeof event !== 'object' || event === null || !('anonymousId' in event)) return false
  const { anonymousId } = event
  return typeof anonymousId === 'string' && anonymousId !== '' && anonymousId.length <= maxLength
}
