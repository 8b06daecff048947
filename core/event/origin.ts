/** What `origins` of a source may hold: an origin, or a host, each with `*.` for any subdomain. */
export const originPattern = /^(?:https?:\/\/)?(?:\*\.)?[a-z\d](?:[a-z\d.-]*[a-z\d])?(?::\d{1,5})?$/i

/**
 * Tells whether an `Origin` header (RFC 6454: scheme, host, and a port that is not the scheme's own) is one of a list.
 * `https://shop.example` is that origin, `shop.example` that host by http or https, `*.example.com` every host below
 * example.com and not itself; a port stands for itself. Opaque origins ("null") are none.
 */
export function originMatcher(patterns: readonly string[]): (origin: string) => boolean {
  const exact = new Set<string>()
  const below: { scheme: string; host: string }[] = []
  for (const pattern of patterns.map((each) => each.toLowerCase())) {
    const [, scheme, host] = /^(?:(https?):\/\/)?(.*)$/.exec(pattern)!
    for (const each of scheme === undefined ? ['http', 'https'] : [scheme]) {
      if (host!.startsWith('*.')) below.push({ scheme: `${each}://`, host: host!.slice(1) })
      else exact.add(`${each}://${host}`)
    }
  }
  return (origin) =>
    exact.has(origin) ||
    below.some(({ scheme, host }) => origin.startsWith(scheme) && origin.endsWith(host) && origin.length > scheme.length + host.length)
}
