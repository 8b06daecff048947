import { z } from 'zod'
import { MillraceError, toMillraceError } from '../lib/error.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import { attempt, fail, ok } from '../lib/result.ts'
import type { Runtime } from '../lib/runtime.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { CursorRange, ReadRequest, Source, SourceMessage, Stream, StreamRequest } from './source.ts'

/** A message of one stream, which is known. */
export type StreamMessage =
  | { type: 'records'; records: JsonObject[] }
  | { type: 'deletes'; keys: JsonObject[] }
  | { type: 'state'; state: Json }

/** A stream, and how it is read. */
export interface ApiStream extends Stream {
  /** The permission that it needs, as the vendor calls it; in the mend where it lacks. */
  permission: string
  read(request: StreamRequest): AsyncIterable<StreamMessage>
}

/** An API that has been opened with its settings. */
export interface OpenApi {
  /** One cheap call that proves the settings; throws what is wrong. */
  probe(): Promise<void>
  /** The streams of this account; throws where it cannot be asked. */
  streams(): Promise<ApiStream[]>
}

export interface ApiSource<Config> extends Pick<Source<Config>, 'name' | 'title' | 'description' | 'config'> {
  open(config: Config, runtime: Runtime): OpenApi
}

/**
 * A source of an API's streams: one after another, each with an end of its own, so that one that fails does
 * not sink the others. Records outside of a range that was asked for are left out here, for those streams
 * whose API can only narrow it down.
 */
export function defineApiSource<Config>({ open, ...source }: ApiSource<Config>): Source<Config> {
  return {
    ...source,
    check: (config, runtime) => attempt(() => open(config, runtime).probe()),
    discover: (config, runtime) =>
      attempt(async () => {
        const streams = await open(config, runtime).streams()
        return { streams: streams.map(({ read: _read, permission: _permission, ...stream }) => stream) }
      }),
    async *read(config: Config, request: ReadRequest, runtime: Runtime): AsyncGenerator<SourceMessage> {
      const streams = await open(config, runtime).streams()
      for (const each of request.streams) yield* readOne(streams, each, runtime)
    },
  }
}

async function* readOne(streams: readonly ApiStream[], request: StreamRequest, runtime: Runtime): AsyncGenerator<SourceMessage> {
  const { name } = request
  const stream = streams.find((candidate) => candidate.name === name)
  try {
    if (stream === undefined) throw unknownStream(name, streams)
    if (!stream.modes.includes(request.mode)) throw otherMode(stream)
    for await (const message of stream.read(request)) {
      runtime.signal.throwIfAborted()
      const kept = message.type === 'records' ? { ...message, records: within(message.records, stream, request.range) } : message
      if (kept.type !== 'records' || kept.records.length > 0) yield { ...kept, stream: name }
    }
    yield { type: 'done', stream: name, result: ok(undefined) }
  } catch (thrown) {
    runtime.signal.throwIfAborted()
    yield { type: 'done', stream: name, result: fail(withMend(toMillraceError(thrown), stream)) }
  }
}

/** A stream that may not be read says what would mend it. */
function withMend(error: MillraceError, stream: ApiStream | undefined): MillraceError {
  if (error.code !== 'source-forbidden' || stream === undefined) return error
  const mend = `Give the credentials ${stream.permission}, or leave the stream ${stream.name} out of the source file.`
  return new MillraceError({ code: error.code, fault: error.fault, message: error.message, mend, cause: error })
}

function within(records: JsonObject[], { cursorField }: Stream, range: CursorRange | undefined): JsonObject[] {
  if (range === undefined || cursorField === undefined) return records
  const [from, to] = [instant(range.from), instant(range.to)]
  return records.filter((record) => {
    const at = instant(cursorField.reduce<Json | undefined>((value, part) => (isObject(value) ? value[part] : undefined), record))
    return at !== undefined && (from === undefined || at >= from) && (to === undefined || at < to)
  })
}

/** A cursor as a number that orders it: a number itself, or a time. */
function instant(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Date.parse(value)
  return Number.isNaN(number) ? undefined : number
}

/** A state that the stream has yielded, checked: a person may have edited it. */
export function readState<State>(schema: z.ZodType<State>, { name, state }: StreamRequest): State | undefined {
  if (state === undefined) return undefined
  const parsed = schema.safeParse(state)
  if (parsed.success) return parsed.data
  throw new MillraceError({
    code: 'invalid-state',
    fault: 'config',
    message: `The state of ${name} is none that the source has given: ${z.prettifyError(parsed.error)}`,
    mend: 'Reset the state of the stream.',
  })
}

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** The objects of a list in an answer. Throws where it is none: the API is not the one we know. */
export function objectsOf(value: Json | undefined): JsonObject[] {
  if (Array.isArray(value) && value.every(isObject)) return value
  throw new MillraceError({
    code: 'source-answer',
    fault: 'transient',
    message: 'The answer has no list of records where the API documents one.',
    mend: 'Check base_url.',
  })
}

function unknownStream(name: string, streams: readonly ApiStream[]): MillraceError {
  return new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `The source has no stream "${name}".`,
    mend: didYouMean(
      name,
      streams.map((stream) => stream.name),
      'streams',
    ),
  })
}

function otherMode({ name, modes }: Stream): MillraceError {
  const isIncremental = modes.includes('incremental')
  return new MillraceError({
    code: 'mode-not-possible',
    fault: 'config',
    message: `The API ${isIncremental ? `tells of ${name} only what was changed, which is all at first` : `has no way to tell what was changed of ${name}`}.`,
    mend: `Give the stream ${isIncremental ? 'an incremental mode' : 'a mode of full refresh'}, or none: the best one is chosen then.`,
  })
}
