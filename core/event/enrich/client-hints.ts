import { isObject } from './complete.ts'

/**
 * What a Chromium browser says of itself beside the User-Agent, which it has frozen
 * (wicg.github.io/ua-client-hints, developer.chrome.com/docs/privacy-security/user-agent-client-hints).
 */
export interface ClientHints {
  /** The browser's own name, where its user agent says Chrome: Brave, Vivaldi, … */
  brand: Brand | undefined
  platformVersion: string | undefined
  model: string | undefined
}

export interface Brand {
  brand: string
  version: string
}

/** From the headers; undefined when there are none. */
export function hintsOfHeaders(header: (name: string) => string | null): ClientHints | undefined {
  const brands = header('sec-ch-ua')
  if (brands === null) return undefined
  const full = header('sec-ch-ua-full-version-list')
  return {
    brand: brandIn(full ?? brands),
    platformVersion: unquoted(header('sec-ch-ua-platform-version')),
    model: unquoted(header('sec-ch-ua-model')),
  }
}

/** From `context.userAgentData`, which Segment's browser SDK fills from `navigator.userAgentData`. */
export function hintsOfData(data: unknown): ClientHints | undefined {
  if (!isObject(data)) return undefined
  const { brands } = data
  let brand: Brand | undefined
  if (Array.isArray(brands)) {
    for (const item of brands) {
      const name: unknown = isObject(item) ? item['brand'] : undefined
      if (brand === undefined && isTelling(name)) brand = { brand: name, version: text((item as Record<string, unknown>)['version']) ?? '' }
    }
  }
  return {
    brand,
    platformVersion: text(data['platformVersion']),
    model: text(data['model']),
  }
}

/** A hint is this long at most. */
const maxLength = 100

/** Brands that the user agent tells as well. */
const plain = new Set(['Chromium', 'Google Chrome', 'Microsoft Edge', 'Opera', 'HeadlessChrome'])

/** Whether a brand tells more than the user agent; the one in every list that is made up, so that nobody relies on the list, does not. */
function isTelling(brand: unknown): brand is string {
  return text(brand) !== undefined && !plain.has(brand as string) && !(brand as string).includes('Brand')
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= maxLength ? value : undefined
}

/** `"Chromium";v="131", "Not_A Brand";v="24"`: a list of strings with a parameter (RFC 8941). */
function brandIn(header: string): Brand | undefined {
  for (const [, brand, version] of header.slice(0, 1000).matchAll(/"([^"\\]+)";v="([^"\\]{0,100})"/g)) {
    if (isTelling(brand)) return { brand, version: version! }
  }
  return undefined
}

function unquoted(header: string | null): string | undefined {
  return header === null ? undefined : text(/^"([^"\\]*)"$/.exec(header.trim())?.[1])
}
