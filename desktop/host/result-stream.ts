import { MillraceError } from '#core/lib/error.ts'

/** More than ClickHouse writes of an exception (docs: HTTP interface, "HTTP response codes caveats": up to 16 KiB). */
const held = 20 * 1024

/**
 * A streamed result without the exception that may stand at its end: since ClickHouse 25.11, a statement
 * that fails underway writes it as `\r\n__exception__\r\nTAG\r\n…`, with the tag that the header
 * `X-ClickHouse-Exception-Tag` announced, and breaks the connection. Throws it as `warehouse-error`.
 */
export async function* resultBytes(stream: AsyncIterable<Buffer>, tag: string | undefined): AsyncGenerator<Buffer> {
  let tail = Buffer.alloc(0)
  let broken: unknown
  try {
    for await (const chunk of stream) {
      tail = Buffer.concat([tail, chunk])
      if (tail.length <= held) continue
      yield tail.subarray(0, tail.length - held)
      tail = tail.subarray(tail.length - held)
    }
  } catch (thrown) {
    broken = thrown
  }
  const marker = `\r\n__exception__\r\n${tag}\r\n`
  const at = tag === undefined ? -1 : tail.indexOf(marker)
  if (at < 0) {
    if (tail.length > 0) yield tail
    if (broken !== undefined) throw broken
    return
  }
  if (at > 0) yield tail.subarray(0, at)
  const text = tail.subarray(at + marker.length).toString('utf8')
  // After the text comes its length and the tag again.
  const message = text.replace(/\n?\d+ \w+\r\n__exception__\r\n$/, '').trim()
  throw new MillraceError({ code: 'warehouse-error', fault: 'config', message })
}
