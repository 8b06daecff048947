import { parse as parseUserAgent } from 'bowser'
import type { JsonObject } from '../../lib/json.ts'
import type { Brand, ClientHints } from './client-hints.ts'
import { Memo } from './memo.ts'

/** What a user agent says, under the names of Segment's spec; `browser` is named alike. Objects are left out when empty. */
export interface Agent {
  device: JsonObject | undefined
  os: JsonObject | undefined
  browser: JsonObject | undefined
}

/** Longer ones are not parsed: real ones have 500 characters at most. */
export const maxUserAgent = 1000

/** Reads user agents. Remembers what it has read, so one serves all requests of an isolate. */
export class UserAgents {
  readonly #known = new Memo<Agent>(2000)

  /** What a user agent says, and where hints say it better, what they say. */
  read(userAgent: string, hints: ClientHints | undefined): Agent {
    if (userAgent === '' || userAgent.length > maxUserAgent) return nothing
    const brand = hints?.brand
    const key = brand === undefined ? userAgent : `${brand.brand} ${brand.version}\n${userAgent}`
    const agent = this.#known.of(key, () => parse(userAgent, brand))
    if (hints?.model === undefined && hints?.platformVersion === undefined) return agent
    return {
      device: hints.model === undefined ? agent.device : { ...agent.device, model: hints.model },
      os: hintedOs(agent.os, hints.platformVersion),
      browser: agent.browser,
    }
  }
}

const nothing: Agent = { device: undefined, os: undefined, browser: undefined }

function parse(userAgent: string, brand: Brand | undefined): Agent {
  const { browser, os, platform } = parseUserAgent(userAgent, brand && { brands: [brand] })
  // A bot has no device.
  const device = platform.type === 'bot' ? {} : { type: platform.type, manufacturer: platform.vendor, model: platform.model }
  return {
    device: filled(device),
    os: filled({ name: os.name, version: osVersion(os, userAgent) }),
    browser: filled({ name: browser.name, version: browser.version }),
  }
}

interface Os {
  name?: string | undefined
  version?: string | undefined
  versionName?: string | undefined
}

/**
 * The version in a user agent is no longer true where browsers froze it: macOS is 10.15 for ever, Android 10 when the
 * model is K, Windows NT 10.0 also on 11 (developer.chrome.com/docs/privacy-security/user-agent-reduction, bugzilla 1679929).
 * Without a hint, none is given for the first two, and 10 for Windows.
 */
function osVersion({ name, version, versionName }: Os, userAgent: string): string | undefined {
  if (name === 'Windows') return versionName ?? version
  if (name === 'macOS' && /^10\.15(?:\.7)?$/.test(version ?? '')) return undefined
  if (name === 'Android' && userAgent.includes('Android 10; K)')) return undefined
  return version
}

function hintedOs(os: JsonObject | undefined, version: string | undefined): JsonObject | undefined {
  if (os === undefined || version === undefined) return os
  switch (os['name']) {
    case 'Windows': {
      // learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11: 13 and more is Windows 11, 1 to 10 is Windows 10.
      const major = Number.parseInt(version, 10)
      return major >= 13 ? { ...os, version: '11' } : major >= 1 ? { ...os, version: '10' } : os
    }
    case 'macOS':
    case 'Android':
    case 'Chrome OS':
      return { ...os, version }
    default:
      return os
  }
}

function filled(fields: Record<string, string | undefined>): JsonObject | undefined {
  const entries = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
