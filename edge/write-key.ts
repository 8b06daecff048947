/**
 * The write key of a request, wherever senders put it: Basic (the key is the user, the password empty, as Segment's
 * HTTP API has it), X-Write-Key, or ?key= and ?writeKey= (senders that can set no header).
 */
export function writeKeyOf(request: Request, query: URLSearchParams | undefined): string | undefined {
  const authorization = request.headers.get('authorization')
  if (authorization !== null) {
    const basic = /^basic +([\w+/=-]+)\s*$/i.exec(authorization)?.[1]
    const user = basic === undefined ? undefined : userOf(basic)
    if (user !== undefined && user !== '') return user
  }
  return request.headers.get('x-write-key') || query?.get('key') || query?.get('writeKey') || undefined
}

function userOf(basic: string): string | undefined {
  try {
    const text = atob(basic.replaceAll('-', '+').replaceAll('_', '/'))
    const colon = text.indexOf(':')
    return colon === -1 ? text : text.slice(0, colon)
  } catch {
    return undefined
  }
}
