import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decompress } from '#desktop/connector/files/decompress.ts'

const packers = { gzip: gzipSync, zstd: zstdCompressSync }

async function* chunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('however many parts a file was packed in, and however it is cut on the way, it is unpacked whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('gzip' as const, 'zstd' as const),
      fc.array(fc.tuple(fc.string(), fc.nat(3000)), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 300 }),
      async (kind, parts, size) => {
        const texts = parts.map(([text, times]) => text.repeat(times))
        const packed = Buffer.concat(texts.map((text) => packers[kind](text)))
        const unpacked: Uint8Array[] = []
        for await (const bytes of decompress(chunks(packed, size), `a.${kind === 'gzip' ? 'gz' : 'zst'}`, 'auto')) unpacked.push(bytes)
        expect(Buffer.concat(unpacked).toString()).toBe(texts.join(''))
      },
    ),
    { numRuns: 100 },
  )
})

test('a failure of the input is told as it is, and who stops early ends the input', async () => {
  for (const kind of ['gzip', 'zstd'] as const) {
    const packed = packers[kind](Buffer.from(Array.from({ length: 100_000 }, () => Math.random()).join()))
    let isOver = false
    async function* input(fails: boolean) {
      try {
        yield* chunks(packed.subarray(0, 200_000), 10_000)
        if (fails) throw new Error('lost')
        yield* chunks(packed.subarray(200_000), 10_000)
      } finally {
        isOver = true
      }
    }
    const all = async () => {
      for await (const _ of decompress(input(true), 'a', kind)) continue
    }
    await expect(all()).rejects.toThrow('lost')
    isOver = false
    for await (const _ of decompress(input(false), 'a', kind)) break
    await expect.poll(() => isOver).toBe(true)
  }
})
