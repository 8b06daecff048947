import { isObject } from './complete.ts'

/**
 * What a Chromium browser says of itself beside the User-Agent, which it has frozen
 * (wicg.github.io/ua-client-hints, developer.chrome.com/docs/privacy-security/user-agent-client-hints).
 */
export interface ClientHints {
  brands: { brand: string; version: string }[]
  platform: string | undefined
  platformVersion: string | undefined
  model: string | undefined
}

/** From the headers; undefined when there are none. */
export function hintsOfHeaders(header: (name: string) => string | null): ClientHints | undefined {
  const brands = header('sec-ch-ua')
  if (brands === null) return undefined
  const full = header('sec-ch-ua-full-version-list')
  return {
    brands: brandsOf(full ?? brands),
    platform: unquoted(header('sec-ch-ua-platform')),
    platformVersion: unquoted(header('sec-ch-ua-platform-version')),
    model: unquoted(header('sec-ch-ua-model')),
  }
}

/** From `context.userAgentData`, which Segment's browser SDK fills from `navigator.userAgentData`. */
export function hintsOfData(data: unknown): ClientHints | undefined {
  if (!isObject(data)) return undefined
  const list = Array.isArray(data['fullVersionList']) ? data['fullVersionList'] : data['brands']
  const brands: ClientHints['brands'] = []
  for (const item of Array.isArray(list) ? list.slice(0, maxBrands) : []) {
    const brand = isObject(item) ? text(item['brand']) : undefined
    if (brand !== undefined) brands.push({ brand, version: text((item as Record<string, unknown>)['version']) ?? '' })
  }
  return {
    brands,
    platform: text(data['platform']),
    platformVersion: text(data['platformVersion']),
    model: text(data['model']),
  }
}

/** Two hints with the same key are the same. */
export function hintsKey(hints: ClientHints): string {
  let key = `${hints.platform ?? ''}\n${hints.platformVersion ?? ''}\n${hints.model ?? ''}`
  for (const { brand, version } of hints.brands) key += `\n${brand} ${version}`
  return key
}

/** Browsers send three; a hint is this long at most. */
const maxBrands = 8
const maxLength = 100

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= maxLength ? value : undefined
}

/** `"Chromium";v="131", "Not_A Brand";v="24"`: a list of strings with a parameter (RFC 8941). */
function brandsOf(header: string): ClientHints['brands'] {
  const brands: ClientHints['brands'] = []
  for (const [, brand, version] of header.slice(0, maxBrands * maxLength).matchAll(/"([^"\\]{1,100})";v="([^"\\]{0,100})"/g)) {
    if (brands.length < maxBrands) brands.push({ brand: brand!, version: version! })
  }
  return brands
}

function unquoted(header: string | null): string | undefined {
  return header === null ? undefined : text(/^"([^"\\]*)"$/.exec(header.trim())?.[1])
}
