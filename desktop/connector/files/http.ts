import picomatch from 'picomatch'
import { MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { ask, fileOf, partHeaders, partOf } from './answer.ts'
import type { FileStore } from './stored-file.ts'
import { storeRetry } from './store-retry.ts'

/** Files of a web server, by name: HTTP has no listing. */
export function httpStore(location: string, headers: Record<string, string>, runtime: Runtime): FileStore {
  const addresses = new Map<string, URL>()
  return {
    async list(patterns, signal) {
      const files = []
      for (const pattern of new Set(patterns)) {
        const url = addressOf(pattern, location)
        const name = nameOf(pattern, url)
        addresses.set(name, url)
        files.push(await storeRetry({ ...runtime, signal }, () => describe(name, url, headers, runtime, signal)))
      }
      return files
    },
    async open(file, start, end, signal) {
      const response = await ask(file.name, request(addresses.get(file.name)!, headers, start, end, signal), runtime)
      return partOf(file, response, start, signal)
    },
  }
}

/** The first byte alone is asked for: a HEAD is refused by servers that sign addresses for one method. */
async function describe(name: string, url: URL, headers: Record<string, string>, runtime: Runtime, signal: AbortSignal) {
  const response = await ask(name, request(url, headers, 0, 1, signal), runtime)
  await response.body?.cancel()
  return fileOf(name, response)
}

function request(url: URL, headers: Record<string, string>, start: number, end: number | undefined, signal: AbortSignal): Request {
  return new Request(url, { headers: { ...headers, ...partHeaders(start, end) }, signal })
}

function addressOf(pattern: string, location: string): URL {
  const isAddress = /^https?:\/\//.test(pattern)
  if (!isAddress && picomatch.scan(pattern).isGlob) {
    throw new MillraceError({
      code: 'no-listing',
      fault: 'config',
      message: `"${pattern}" is a glob, and HTTP has no way to list files.`,
      mend: 'Name each file under files, or read from the store behind the server.',
    })
  }
  if (isAddress) return new URL(pattern)
  return new URL(pattern, location.endsWith('/') ? location : `${location}/`)
}

/** Without user and query, which may hold secrets. */
function nameOf(pattern: string, url: URL): string {
  return /^https?:\/\//.test(pattern) ? `${url.origin}${url.pathname}` : pattern.split('?')[0]!
}
