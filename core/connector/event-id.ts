import { sha256 } from '../event/message-id.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A messageId where it fits what the tool takes for an id; else a hash of it, which is the same at every try. */
export async function fittingId(messageId: string, pattern: RegExp, length: number): Promise<string> {
  return pattern.test(messageId) ? messageId : (await sha256(messageId)).slice(0, length)
}

/** A messageId as a UUID: itself where it is one, else version 8 (RFC 9562, 5.8) made of its hash. */
export async function uuidOf(messageId: string): Promise<string> {
  if (uuid.test(messageId)) return messageId.toLowerCase()
  const hash = await sha256(messageId)
  const variant = ((Number.parseInt(hash[16]!, 16) & 0x3) | 0x8).toString(16)
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}
