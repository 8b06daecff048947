import type { Log } from '#core/lib/runtime.ts'

/** One JSON line a message, where Cloudflare's and workerd's logs go. */
export const log: Log = (level, message, facts) => {
  const line = JSON.stringify({ at: new Date().toISOString(), level, message, ...facts })
  // oxlint-disable-next-line no-console -- it is the log of a Worker
  ;(level === 'error' ? console.error : console.log)(line)
}
