import { setTimeout as sleep } from 'node:timers/promises'
import { openStorefront, type Storefront } from '#desktop/demo/tool/storefront.ts'

/** What the load has sent. An event counts as accepted once the collector has answered 200 for it. */
export interface Load {
  accepted: Set<string>
  /** Requests that were sent more than once: no answer came, or on purpose. */
  repeated(): number
  /** Answers that no valid event may get: a 4xx. */
  refused: string[]
  /** Calls through the SDK, from now on; resolves once all of them are accepted. */
  sendThroughSdk(calls: number): Promise<void>
  /** No new events; resolves once all that were made are accepted. */
  stop(): Promise<void>
}

export interface LoadOptions {
  edgeUrl: () => string
  writeKey: string
  /** Requests at a time. */
  senders: number
  signal: AbortSignal
}

const event = 'Chaos Ping'

/** Sends batches over HTTP until it is stopped, each again and again until it is accepted, one in ten once more after that. */
export function startLoad(options: LoadOptions): Load {
  const accepted = new Set<string>()
  const refused: string[] = []
  const state = { next: 0, repeated: 0, running: true }
  const newId = () => `ping-${++state.next}`

  const sender = async () => {
    while (state.running && !options.signal.aborted) {
      const ids = Array.from({ length: 1 + Math.floor(Math.random() * 20) }, newId)
      await sendUntilAccepted(ids)
      if (Math.random() < 0.1) {
        state.repeated++
        await sendUntilAccepted(ids)
      }
      await sleep(20)
    }
  }

  const sendUntilAccepted = async (ids: readonly string[]) => {
    // A client's own time stays the same however often it sends.
    const timestamp = new Date().toISOString()
    const batch = ids.map((messageId) => ({ type: 'track', event, messageId, anonymousId: 'chaos', timestamp, properties: { messageId } }))
    for (let attempt = 1; !options.signal.aborted; attempt++) {
      if (attempt > 1) state.repeated++
      const status = await post(batch)
      if (status === 200) return void ids.forEach((id) => accepted.add(id))
      if (status !== undefined && status < 500 && status !== 429) {
        refused.push(`${status}`)
        return
      }
      await sleep(50 + Math.random() * 200)
    }
  }

  const post = async (batch: unknown): Promise<number | undefined> => {
    try {
      const response = await fetch(`${options.edgeUrl()}/v1/batch`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${options.writeKey}:`)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ batch, sentAt: new Date().toISOString() }),
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(10_000)]),
      })
      await response.arrayBuffer()
      return response.status
    } catch {
      // Killed while we waited: whether it was taken is not known, so it is sent again.
      return undefined
    }
  }

  const senders = Array.from({ length: options.senders }, sender)
  return {
    accepted,
    refused,
    repeated: () => state.repeated,
    async sendThroughSdk(calls) {
      const { edgeUrl, writeKey, signal } = options
      const storefront: Storefront = openStorefront({
        edgeUrl: edgeUrl(),
        writeKey,
        signal,
        onAccepted: (call) => accepted.add(call.messageId),
      })
      try {
        for (let index = 0; index < calls; index++) {
          const messageId = newId()
          await storefront.send({ messageId, at: Date.now(), anonymousId: 'chaos-sdk', type: 'track', event, properties: { messageId } })
        }
      } finally {
        await storefront.close()
      }
    },
    async stop() {
      state.running = false
      await Promise.all(senders)
    },
  }
}
