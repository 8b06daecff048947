import type { Readable } from 'node:stream'

/** A body of which the beginning is looked at before the rest is passed on. */
export class Body {
  readonly #chunks: AsyncIterator<Buffer>
  #read: Buffer = Buffer.alloc(0)
  #ended = false

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  /** The first `size` bytes or more, or all of it when it is shorter (`whole`). */
  async peek(size: number): Promise<{ bytes: Buffer; whole: boolean }> {
    const parts = [this.#read]
    let length = this.#read.length
    while (length < size && !this.#ended) {
      const { done, value } = await this.#chunks.next()
      if (done) this.#ended = true
      else {
        parts.push(value)
        length += value.length
      }
    }
    this.#read = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    return { bytes: this.#read, whole: this.#ended }
  }

  /** Everything from offset `at` of what was peeked. Only once. */
  async *from(at: number): AsyncGenerator<Buffer> {
    const peeked = this.#read.subarray(at)
    this.#read = Buffer.alloc(0)
    if (peeked.length > 0) yield peeked
    while (!this.#ended) {
      const { done, value } = await this.#chunks.next()
      if (done) return
      yield value
    }
  }
}
