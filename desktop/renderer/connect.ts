import { type Bridge, createBridgeTransport } from '#core/host/bridge-transport.ts'
import { createHttpTransport } from '#core/host/http-transport.ts'
import type { Transport } from '#core/host/transport.ts'
import { systemClock } from '#core/lib/runtime.ts'

declare global {
  interface Window {
    /** What the preload exposes; only in Electron. */
    millrace?: Bridge
  }
}

/** The way to the host: the preload's bridge in Electron, the server the page came from in a browser. */
export function connect(): Transport {
  if (window.millrace) return createBridgeTransport(window.millrace)
  return createHttpTransport({ url: '', fetch: fetch.bind(window), clock: systemClock, random: Math.random })
}
