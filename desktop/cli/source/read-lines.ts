import type { SourceMessage, Stream } from '#core/connector/source.ts'
import { cancelled, type ErrorData, formatError, MillraceError, toMillraceError } from '#core/lib/error.ts'
import { fail, type Result } from '#core/lib/result.ts'
import type { Output } from '../output.ts'
import type { Outcome } from '../verb.ts'
import type { LoneSource } from './lone-source.ts'
import type { StateLine } from './state-line.ts'

export interface LinesRequest {
  streams: readonly Stream[]
  states: ReadonlyMap<string, StateLine>
  /** Records of a stream at most. */
  limit: number
}

/**
 * Reads streams, one after the other, and prints each record, deleted key and state as a JSON line when it comes, with
 * one line at a stream's end. A stream that fails does not end the others. Streams with a cursor are read from their
 * state on. Throws `cancelled` when the runtime's signal aborts; what was printed then stands.
 */
export async function readLines(lone: LoneSource, request: LinesRequest, output: Output): Promise<Outcome> {
  let failed = 0
  for (const stream of request.streams) {
    const error = await readOne(lone, stream, request, output)
    if (error === undefined) continue
    failed++
    if (!output.json) output.note(`${stream.name}: ${formatError(error)}`)
  }
  return failed === 0 ? 'done' : failed < request.streams.length ? 'partly' : 'failed'
}

async function readOne(lone: LoneSource, stream: Stream, { states, limit }: LinesRequest, output: Output): Promise<ErrorData | undefined> {
  const { name } = stream
  const mode = stream.modes.includes('incremental') ? 'incremental' : 'full-refresh'
  const state = mode === 'incremental' ? states.get(name)?.state : undefined
  // What is asked of the source once there are enough records ends with this.
  const enough = new AbortController()
  const { signal } = lone.runtime
  const runtime = { ...lone.runtime, signal: AbortSignal.any([signal, enough.signal]) }
  let records = 0
  let ended: Result<void> | undefined
  try {
    const messages = lone.source.read(lone.config, { streams: [{ name, mode, ...(state === undefined ? {} : { state }) }] }, runtime)
    reading: for await (const message of messages) {
      for (const line of linesOf(message)) {
        signal.throwIfAborted()
        await output.item(line)
        if (line.type === 'record' && ++records === limit) break reading
      }
      if (message.type === 'done') ended = message.result
    }
  } catch (thrown) {
    ended = fail(toMillraceError(thrown))
  } finally {
    enough.abort()
  }
  if (signal.aborted) throw cancelled('The read was cancelled.', signal.reason)
  const limited = ended === undefined && records === limit
  if (!limited) ended ??= fail(brokeOff(name))
  const error = ended === undefined || ended.ok ? undefined : lone.redactor.redact(ended.error.toJSON())
  await output.item({ type: 'done', stream: name, records, limited, ...(error === undefined ? {} : { error }) })
  return error
}

function brokeOff(stream: string): MillraceError {
  return new MillraceError({
    code: 'source-broke-off',
    fault: 'system',
    message: `The source ended without saying that ${stream} was whole.`,
  })
}

type Line = { type: 'record'; stream: string; record: object } | { type: 'delete'; stream: string; key: object } | StateLine

function* linesOf(message: SourceMessage): Generator<Line> {
  const { stream } = message
  if (message.type === 'records') for (const record of message.records) yield { type: 'record', stream, record }
  if (message.type === 'deletes') for (const key of message.keys) yield { type: 'delete', stream, key }
  if (message.type === 'state') yield { type: 'state', stream, state: message.state }
}
