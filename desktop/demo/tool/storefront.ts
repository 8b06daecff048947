import { Analytics } from '@segment/analytics-node'
import type { StorefrontCall } from './storefront-calls.ts'

export interface Storefront {
  /** Hands a call to the SDK; resolves once the SDK has room for the next one. */
  send(call: StorefrontCall): Promise<void>
  /** Waits for the collector's answers to all calls. Throws when one was given up, or the signal's reason. */
  close(): Promise<void>
}

export interface StorefrontOptions {
  edgeUrl: string
  writeKey: string
  /** Once it aborts, what is not accepted yet is given up. */
  signal: AbortSignal
  /** Called for each call that the collector has accepted. */
  onAccepted?: (call: StorefrontCall) => void
}

/** Calls that may wait for an answer: ten full batches. The SDK itself sets no bound. */
const room = 1000

/**
 * The simulated storefront's server: the unmodified analytics SDK, pointed at the collector. Its batches
 * hold a hundred calls; while the collector is away the SDK tries again by itself.
 */
export function openStorefront(options: StorefrontOptions): Storefront {
  const { signal } = options
  const analytics = new Analytics({
    host: options.edgeUrl,
    writeKey: options.writeKey,
    flushAt: 100,
    flushInterval: 500,
    maxRetries: 20,
    // The SDK gives up for good on a 400 only; anything else it would try again for minutes, and keep the process.
    httpClient: (url, init) => (signal.aborted ? Promise.resolve(new Response(null, { status: 400 })) : fetch(url, init)),
  })
  const state: { waiting: number; failure: unknown; wake: () => void } = { waiting: 0, failure: undefined, wake: () => {} }
  const nextAnswer = () => new Promise<void>((resolve) => (state.wake = resolve))
  signal.addEventListener('abort', () => state.wake(), { once: true })
  const throwIfGivenUp = () => {
    if (state.failure !== undefined) throw new Error('The SDK gave up a batch.', { cause: state.failure })
  }

  const settle = (call: StorefrontCall) => (error: unknown) => {
    state.waiting--
    if (error === undefined || error === null) options.onAccepted?.(call)
    else state.failure ??= error
    state.wake()
  }

  return {
    async send(call) {
      while (state.waiting >= room && !signal.aborted) await nextAnswer()
      signal.throwIfAborted()
      throwIfGivenUp()
      state.waiting++
      dispatch(analytics, call, settle(call))
    },
    async close() {
      // The SDK sends its last batch by itself, within its flush interval.
      while (state.waiting > 0 && !signal.aborted) await nextAnswer()
      // Past its timeout the SDK ends the waits between its tries.
      await analytics.closeAndFlush({ timeout: 1 })
      signal.throwIfAborted()
      throwIfGivenUp()
    },
  }
}

function dispatch(analytics: Analytics, call: StorefrontCall, callback: (error: unknown) => void): void {
  const common = {
    messageId: call.messageId,
    anonymousId: call.anonymousId,
    timestamp: new Date(call.at),
    context: { userAgent: 'Simulated browser', locale: 'en-US', ...(call.campaign !== undefined && { campaign: mailing(call.campaign) }) },
    ...(call.userId !== undefined && { userId: call.userId }),
  }
  switch (call.type) {
    case 'page':
      return analytics.page({ ...common, name: call.title, properties: pageProperties(call) }, callback)
    case 'identify':
      return analytics.identify({ ...common, userId: call.userId, traits: call.traits }, callback)
    case 'track':
      return analytics.track({ ...common, event: call.event, properties: call.properties }, callback)
  }
}

function pageProperties(call: StorefrontCall & { type: 'page' }) {
  return { path: call.path, title: call.title, url: `https://shop.example${call.path}` }
}

function mailing(name: string) {
  return { name, source: 'newsletter', medium: 'email' }
}
