import { createHash } from 'node:crypto'
import { MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { ask, fileOf, partHeaders, partOf } from './answer.ts'
import type { FileStore, StoredFile } from './stored-file.ts'
import { storeRetry } from './store-retry.ts'

/** Redirects that are followed at most, as browsers do (Fetch standard, "HTTP-redirect fetch"). */
const maxRedirects = 20

/** Files of a web server, by name: HTTP has no listing. */
export function httpStore(location: string, headers: Record<string, string>, runtime: Runtime): FileStore {
  const addresses = new Map<string, URL>()

  async function get(name: string, part: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const start = addresses.get(name)!
    let url = start
    for (let redirects = 0; ; redirects++) {
      // What the settings say is for their server alone, credentials in particular.
      const own = url.origin === start.origin ? { ...authorization(start), ...headers } : {}
      const request = new Request(plain(url), { headers: { ...own, ...part }, redirect: 'manual', signal })
      const response = await ask(name, request, runtime)
      const target = response.headers.get('location')
      if (response.status < 300 || response.status >= 400 || target === null) return response
      await response.body?.cancel()
      if (redirects >= maxRedirects || !URL.canParse(target, url)) throw goesAstray(name)
      url = new URL(target, url)
    }
  }

  /** The first byte alone is asked for: a HEAD is refused by servers that sign addresses for one method. */
  async function describe(name: string, signal: AbortSignal): Promise<StoredFile> {
    const response = await get(name, partHeaders(0, 1), signal)
    await response.body?.cancel()
    return fileOf(name, response)
  }

  return {
    async list(patterns, signal) {
      const files = []
      for (const pattern of new Set(patterns)) {
        const url = addressOf(pattern, location)
        const name = nameOf(pattern, url, addresses)
        addresses.set(name, url)
        files.push(await storeRetry({ ...runtime, signal }, () => describe(name, signal)))
      }
      return files
    },
    async open(file, start, end, signal) {
      return partOf(file, await get(file.name, partHeaders(start, end), signal), start, signal)
    },
  }
}

function addressOf(pattern: string, location: string): URL {
  const isAddress = /^https?:\/\//.test(pattern)
  // A question mark begins a query here.
  if (!isAddress && /[*[{]/.test(pattern.split('?')[0]!)) {
    throw new MillraceError({
      code: 'no-listing',
      fault: 'config',
      message: `"${pattern}" is a glob, and HTTP has no way to list files.`,
      mend: 'Name each file under files, or read from the store behind the server.',
    })
  }
  const base = isAddress ? undefined : location.endsWith('/') ? location : `${location}/`
  if (URL.canParse(pattern, base)) return new URL(pattern, base)
  throw new MillraceError({
    code: 'invalid-config',
    fault: 'config',
    message: 'location and files make no address.',
    mend: 'Correct them.',
  })
}

/** Without user and query, which may hold secrets; a query that alone tells an address from one before is told by its hash. */
function nameOf(pattern: string, url: URL, taken: ReadonlyMap<string, URL>): string {
  const name = /^https?:\/\//.test(pattern) ? `${url.origin}${url.pathname}` : pattern.split('?')[0]!
  const other = taken.get(name)
  if (other === undefined || other.href === url.href) return name
  return `${name}?${createHash('sha256').update(url.search).digest('hex').slice(0, 8)}`
}

/** The address without user and password, which fetch takes in no address. */
function plain(url: URL): URL {
  const bare = new URL(url)
  bare.username = bare.password = ''
  return bare
}

/** User and password of an address as the header that carries them (RFC 7617). */
function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` }
}

function goesAstray(name: string): MillraceError {
  return new MillraceError({ code: 'store-refused', fault: 'config', message: `${name}: the server redirects without an end.` })
}
