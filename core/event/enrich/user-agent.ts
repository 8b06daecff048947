import Bowser from 'bowser'
import type { JsonObject } from '../../lib/json.ts'
import type { ClientHints } from './client-hints.ts'

/** What a user agent says, under the names of Segment's spec; `browser` is named alike. Objects are left out when empty. */
export interface Agent {
  device: JsonObject | undefined
  os: JsonObject | undefined
  browser: JsonObject | undefined
}

/** A user agent is cut here: real ones have 500 characters at most. */
export const maxUserAgent = 1000

export function parseAgent(userAgent: string, hints: ClientHints | undefined): Agent {
  const { browser, os, platform } = Bowser.parse(userAgent, hints)
  return {
    device: filled({
      // A bot has no device.
      type: platform.type === 'bot' ? undefined : platform.type,
      manufacturer: platform.type === 'bot' ? undefined : platform.vendor,
      model: hints?.model ?? platform.model,
    }),
    os: filled({ name: os.name, version: osVersion(os, userAgent, hints) }),
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
 * A hint tells the true one; without it, none is given for the first two, and 10 for Windows.
 */
function osVersion({ name, version, versionName }: Os, userAgent: string, hints: ClientHints | undefined): string | undefined {
  const hinted = hints?.platformVersion
  if (name === 'Windows') {
    // learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11: 13 and more is Windows 11, 1 to 10 is Windows 10.
    const major = hinted === undefined ? 0 : Number.parseInt(hinted, 10)
    return major >= 13 ? '11' : major >= 1 ? '10' : (versionName ?? version)
  }
  if (hinted !== undefined && (name === 'macOS' || name === 'Android' || name === 'Chrome OS')) return hinted
  if (name === 'macOS' && /^10\.15(?:\.7)?$/.test(version ?? '')) return undefined
  if (name === 'Android' && userAgent.includes('Android 10; K)')) return undefined
  return version
}

function filled(fields: Record<string, string | undefined>): JsonObject | undefined {
  const entries = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
