import { expect } from 'vitest'
import type { TestEdge } from '#test/fixture/edge.ts'

/** Sends track events with these messageIds in one request, and expects that they are accepted. */
export async function sendTracks(edge: TestEdge, ids: readonly string[], more: object = {}, source = 'web'): Promise<void> {
  await sendEvents(
    edge,
    ids.map((messageId) => ({ type: 'track', event: 'Ping', userId: 'u', messageId, ...more })),
    source,
  )
}

export async function sendEvents(edge: TestEdge, batch: readonly object[], source = 'web'): Promise<void> {
  const response = await fetch(`${edge.url}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch }),
    headers: { authorization: `Basic ${btoa(`${edge.writeKey(source)}:`)}` },
  })
  expect([response.status, await response.json()]).toEqual([200, { success: true }])
}

/** `a1` to `a<count>`. */
export function idsOf(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
}
