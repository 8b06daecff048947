import { WorkerEntrypoint } from 'cloudflare:workers'

interface OutboundEnvironment {
  /** Self-hosted: the way to private addresses; `fetch` has none. */
  PRIVATE?: Fetcher
}

/**
 * The only way out of a transform that was granted hosts: lets requests to those pass, redirects included, and nothing
 * else; a socket, which has no host to it, fails, because there is no `connect` here.
 * A name reaches public addresses only, so that whoever owns the name cannot point it into the network; a private address
 * has to be granted as an address.
 */
export class Outbound extends WorkerEntrypoint<OutboundEnvironment, { hosts: readonly string[] }> {
  override async fetch(request: Request): Promise<Response> {
    const { host, hostname } = new URL(request.url)
    if (!this.ctx.props.hosts.includes(host)) {
      return new Response(`The transform may not send to ${host}: add it to fetch in its first comment.`, { status: 403 })
    }
    const { PRIVATE } = this.env
    return PRIVATE !== undefined && isAddress(hostname) ? PRIVATE.fetch(request) : fetch(request)
  }
}

function isAddress(hostname: string): boolean {
  return hostname === 'localhost' || hostname.startsWith('[') || /^[\d.]+$/.test(hostname)
}
