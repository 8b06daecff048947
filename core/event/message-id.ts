/**
 * An id for an event that came without one: a function of its source and content, so that a retry gets the same.
 * Two events of equal content are therefore one; a sender that means two sends a timestamp or a messageId.
 * @param event as it was sent; when it was sent does not count, because it differs between tries.
 */
export async function contentId(source: string, event: object): Promise<string> {
  const content = JSON.stringify({ ...event, sentAt: undefined, receivedAt: undefined, writeKey: undefined })
  return `content-${(await sha256(`${source}\n${content}`)).slice(0, 40)}`
}

/** SHA-256 of a text, in hexadecimal. */
export async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
