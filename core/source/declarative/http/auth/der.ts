import { joined, type Bytes } from '../../../../lib/bytes.ts'

/** One value of DER (ITU-T X.690, section 8.1), as far as keys need it: single-byte tags, definite lengths. */
export interface DerValue {
  tag: number
  content: Bytes
}

export const tags = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, context0: 0xa0 } as const

/** The values that stand one after the other; undefined when the bytes are not DER. */
export function readDer(bytes: Bytes): DerValue[] | undefined {
  const values: DerValue[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at]!
    let length = bytes[at + 1]
    at += 2
    if (length === undefined) return undefined
    if (length >= 0x80) {
      const count = length - 0x80
      if (count < 1 || count > 3) return undefined
      length = bytes.subarray(at, at + count).reduce((sum, byte) => sum * 256 + byte, 0)
      at += count
    }
    if (at + length > bytes.length) return undefined
    values.push({ tag, content: bytes.slice(at, at + length) })
    at += length
  }
  return values
}

export function writeDer(tag: number, ...contents: Uint8Array[]): Bytes {
  const content = joined(contents)
  const { length } = content
  const head =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x10000
          ? [0x82, length >> 8, length & 0xff]
          : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]
  return joined([Uint8Array.from([tag, ...head]), content])
}
