/**
 * The write key of a request, wherever senders put it: Basic (the key is the user, the password empty, as Segment's
 * HTTP API has it), Bearer (PostHog), X-Write-Key (Jitsu), or ?key= and ?writeKey= (senders that can set no header).
 */
export function writeKeyOf(request: Request, query: URLSearchParams | undefined): string | undefined {
  const authorization = request.headers.get('authorization')
  if (authorization !== null) {
    const [, scheme, value] = /^(basic|bearer) +([^\s]+)\s*$/i.exec(authorization) ?? []
    const key = scheme === undefined ? undefined : scheme.length === 5 ? userOf(value!) : value
    if (key !== undefined && key !== '') return key
  }
  return request.headers.get('x-write-key') || query?.get('key') || query?.get('writeKey') || undefined
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
