import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resultBytes } from '#desktop/host/result-stream.ts'

async function* chunksOf(bytes: Buffer, sizes: readonly number[], end?: Error) {
  let position = 0
  for (let index = 0; position < bytes.length; index++) {
    const size = sizes[index % sizes.length]!
    yield bytes.subarray(position, position + size)
    position += size
  }
  if (end !== undefined) throw end
}

async function read(stream: AsyncIterable<Buffer>): Promise<{ bytes: Buffer; error: unknown }> {
  const parts: Buffer[] = []
  try {
    for await (const part of stream) parts.push(part)
    return { bytes: Buffer.concat(parts), error: undefined }
  } catch (error) {
    return { bytes: Buffer.concat(parts), error }
  }
}

const block = (message: string) => `\r\n__exception__\r\nabcdefgh\r\n${message}\n${message.length + 1} abcdefgh\r\n__exception__\r\n`
const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 })

describe('the bytes of a result', () => {
  it('come through as they are, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60_000 }), sizes, async (data, cuts) => {
        const { bytes, error } = await read(resultBytes(chunksOf(Buffer.from(data), cuts), 'abcdefgh'))
        expect(error).toBeUndefined()
        expect(bytes.equals(Buffer.from(data))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('end before an exception, which is thrown, however they are cut and whether the connection broke or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60_000 }), sizes, fc.boolean(), async (data, cuts, breaks) => {
        const whole = Buffer.concat([Buffer.from(data), Buffer.from(block('Code: 395. DB::Exception: boom'))])
        const end = breaks ? new Error('aborted') : undefined
        const { bytes, error } = await read(resultBytes(chunksOf(whole, cuts, end), 'abcdefgh'))
        expect(error).toMatchObject({ code: 'warehouse-error', message: 'Code: 395. DB::Exception: boom' })
        expect(bytes.equals(Buffer.from(data))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('do not end where a value merely looks like an exception', async () => {
    const text = 'a\r\n__exception__\r\nwrongtag\r\nb'
    expect((await read(resultBytes(chunksOf(Buffer.from(text), [3]), 'abcdefgh'))).bytes.toString()).toBe(text)
    expect((await read(resultBytes(chunksOf(Buffer.from(text), [3]), undefined))).bytes.toString()).toBe(text)
  })

  it('keep what came before a connection broke, and say that it broke', async () => {
    const { bytes, error } = await read(resultBytes(chunksOf(Buffer.from('half of i'), [4], new Error('aborted')), 'abcdefgh'))
    expect(bytes.toString()).toBe('half of i')
    expect(error).toMatchObject({ message: 'aborted' })
  })
})
