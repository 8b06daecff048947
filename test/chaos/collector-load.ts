import { setTimeout as sleep } from 'node:timers/promises'

/** What the load has sent. Every event bears a number of its own, its `ping`; what names an id names it after that. */
export interface CollectorLoad {
  /** By ping, when the collector answered 200 for it, in milliseconds since the epoch; 0 while it has not. */
  acceptedAt: number[]
  /** By ping, which kind of event it is. */
  kindOf: Kind[]
  requests: number
  /** Requests sent more than once: no answer came, or on purpose. */
  repeated: number
  /** Answers of 503. */
  full: number
  /** Answers that no valid event may get. */
  refused: string[]
  /** No new events; resolves once all that were made are accepted. */
  stop(): Promise<void>
}

/** `named` and `unnamed`: track events with and without messageId. `hook` comes by webhook. */
export type Kind = 'named' | 'unnamed' | 'page' | 'hook'

export interface LoadOptions {
  url: () => string
  writeKey: string
  hookPath: string
  /** Requests at a time. */
  senders: number
  /** How long a sender rests between two requests, in milliseconds. */
  rest: number
  /** Added to the size of each event, in characters. */
  padding?: number
  signal: AbortSignal
}

interface Call {
  path: string
  body: unknown
  pings: number[]
}

/** Single events, batches and webhooks over HTTP until it is stopped, each again until it is accepted, one in ten once more after that. */
export function startCollectorLoad(options: LoadOptions): CollectorLoad {
  const headers = { authorization: `Basic ${btoa(`${options.writeKey}:`)}`, 'content-type': 'application/json' }
  const state = { running: true }
  const load: CollectorLoad = {
    acceptedAt: [],
    kindOf: [],
    requests: 0,
    repeated: 0,
    full: 0,
    refused: [],
    async stop() {
      state.running = false
      await Promise.all(senders)
    },
  }
  const text = 'x'.repeat(options.padding ?? 0)
  const event = (kind: Kind) => {
    const ping = load.acceptedAt.push(0) - 1
    load.kindOf.push(kind)
    const common = { anonymousId: 'chaos', timestamp: new Date().toISOString(), properties: { ping, text } }
    if (kind === 'page') return { ...common, type: 'page', name: 'Chaos', messageId: `page-${ping}` }
    return { ...common, type: 'track', event: 'Chaos Ping', ...(kind === 'named' ? { messageId: `ping-${ping}` } : {}) }
  }
  const nextCall = (): Call => {
    const roll = Math.random()
    const first = load.acceptedAt.length
    if (roll < 0.15) {
      const ping = load.acceptedAt.push(0) - 1
      load.kindOf.push('hook')
      return { path: options.hookPath, body: { id: `hook-${ping}`, ping, text }, pings: [ping] }
    }
    if (roll < 0.6) {
      const kind = roll < 0.25 ? 'page' : roll < 0.35 ? 'unnamed' : 'named'
      return { path: kind === 'page' ? '/v1/page' : '/v1/track', body: event(kind), pings: [first] }
    }
    const batch = Array.from({ length: 1 + Math.floor(Math.random() * 8) }, () => event(Math.random() < 0.2 ? 'unnamed' : 'named'))
    return { path: '/v1/batch', body: { batch, sentAt: new Date().toISOString() }, pings: batch.map((_, index) => first + index) }
  }
  const post = async ({ path, body }: Call): Promise<{ status: number; text: string } | undefined> => {
    try {
      const response = await fetch(options.url() + path, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(20_000)]),
      })
      return { status: response.status, text: await response.text() }
    } catch {
      // Killed while we waited: whether it was taken is not known, so it is sent again.
      return undefined
    }
  }
  const sendUntilAccepted = async (call: Call) => {
    for (let attempt = 1; !options.signal.aborted; attempt++) {
      load.requests++
      if (attempt > 1) load.repeated++
      const answer = await post(call)
      if (answer?.status === 200 && !answer.text.includes('rejected')) {
        for (const ping of call.pings) load.acceptedAt[ping] ||= Date.now()
        return
      }
      if (answer?.status === 503) load.full++
      else if (answer !== undefined) return void load.refused.push(`${answer.status} ${answer.text.slice(0, 200)}`)
      await sleep(50 + Math.random() * 200)
      if (!state.running && answer?.status === 503) return
    }
  }
  const sender = async () => {
    while (state.running && !options.signal.aborted) {
      const call = nextCall()
      await sendUntilAccepted(call)
      if (Math.random() < 0.1) {
        load.repeated++
        await sendUntilAccepted(call)
      }
      await sleep(options.rest)
    }
  }
  const senders = Array.from({ length: options.senders }, sender)
  return load
}
