/**
 * The write key of a request, wherever senders put it: Basic (the key is the user, the password empty, as Segment's
 * HTTP API has it), X-Write-Key (Jitsu), or ?key= and ?writeKey= (senders that can set no header).
 */
export function writeKeyOf(headers: Headers, query: URLSearchParams | undefined): string | undefined {
  const authorization = headers.get('authorization')
  if (authorization !== null) {
    const basic = /^basic +([\w+/=-]+)\s*$/i.exec(authorization)?.[1]
    const user = basic === undefined ? undefined : userOf(basic)
    if (user !== undefined && user !== '') return user
  }
  return headers.get('x-write-key') || query?.get('key') || query?.get('writeKey') || undefined
}

/** The key as a Bearer token, as PostHog's newer API has it. Tools that push to a webhook send other tokens so. */
export function bearerOf(headers: Headers): string | undefined {
  return /^bearer +(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1]
}

/** The user of Basic, up to its last colon: a key of Jitsu's form, `id:secret`, has one of its own, and the password is empty. */
function userOf(basic: string): string | undefined {
  try {
    const text = atob(basic.replaceAll('-', '+').replaceAll('_', '/'))
    const colon = text.lastIndexOf(':')
    return colon === -1 ? text : text.slice(0, colon)
  } catch {
    return undefined
  }
}
