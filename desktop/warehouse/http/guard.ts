import type { IncomingHttpHeaders } from 'node:http'

/**
 * Why a request must not be served, or undefined. Loopback alone does not keep a web page out: its scripts can
 * send requests to 127.0.0.1, and a name of its own can be made to resolve there (DNS rebinding). So the Host
 * must be a loopback name with our port, and nothing that a browser sends on behalf of another site gets in.
 */
export function refusal(headers: IncomingHttpHeaders, port: number): string | undefined {
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)
  const host = headers.host?.toLowerCase()
  if (host === undefined || !hosts.includes(host)) return `The Host header must be ${hosts.join(' or ')}.`
  const { origin } = headers
  if (origin !== undefined && !hosts.some((name) => origin.toLowerCase() === `http://${name}`))
    return 'Requests from web pages are not served.'
  // Fetch Metadata: sent by every current browser, never settable by a page.
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'none' && site !== 'same-origin') return 'Requests from web pages are not served.'
  return undefined
}
