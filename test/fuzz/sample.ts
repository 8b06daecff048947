/** A request as a sender of this world makes it; what the fuzz makes worse ones from. */
export interface Sample {
  /** With its query. */
  target: string
  method: string
  /** Without what the connection decides. */
  headers: readonly (readonly [name: string, value: string])[]
  /** Unpacked. Where ids of events stood, it has `@@id1@@`, `@@id2@@`, …: each request that is sent has ids of its own. */
  text: string
  packed: boolean
}

const dropped = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'content-encoding', 'accept-encoding'])

/** Makes a sample of what was sent. */
export function sampleOf(method: string, target: string, headers: Iterable<[string, unknown]>, text: string, packed: boolean): Sample {
  let ids = 0
  return {
    method,
    target,
    headers: [...headers].filter(([name]) => !dropped.has(name)).map(([name, value]) => [name, String(value)] as const),
    text: text.replaceAll(/"(messageId|uuid)":\s*"[^"]+"/g, (_, name: string) => `"${name}":"@@id${++ids}@@"`),
    packed,
  }
}

/** The bytes-to-be with ids that no other request has. */
export function withIds(text: string, id: string): string {
  return text.includes('@@id') ? text.replaceAll(/@@id(\d+)@@/g, (_, number: string) => `${id}-${number}`) : text
}
