import { readFileSync } from 'node:fs'
import type { CursorRange, ReadMode, Source } from '#core/connector/source.ts'
import type { MillraceError } from '#core/lib/error.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { declarative } from '#core/source/declarative/index.ts'
import { testRuntime } from '#test/fixture/runtime.ts'

export interface Read {
  records: JsonObject[]
  states: Json[]
  /** How many records had been read when each state came. */
  after: number[]
  error?: MillraceError
}

export interface ReadOptions {
  config: JsonObject
  stream?: string
  schemas?: Record<string, JsonObject>
  mode?: ReadMode
  state?: Json
  range?: CursorRange
  source?: Source<any>
  /** The first of March 2026 when not given. */
  now?: () => number
  /** Slept so far is added to the time when given. */
  slept?: (milliseconds: number) => void
}

/** A manifest of the folder stream-manifest: between them they use every component from an answer to records and states. */
export function streamManifest(name: string): string {
  return readFileSync(new URL(`stream-manifest/${name}.yaml`, import.meta.url), 'utf8')
}

/** A runtime in March 2026 in which waiting takes no time. */
export function marchRuntime({ now = () => Date.UTC(2026, 2, 1), slept }: Pick<ReadOptions, 'now' | 'slept'> = {}) {
  const runtime = testRuntime()
  const { sleep } = runtime.clock
  runtime.clock.now = now
  runtime.clock.sleep = (milliseconds, signal) => {
    slept?.(milliseconds)
    return sleep(milliseconds, signal)
  }
  return runtime
}

/** Reads a stream of a manifest to its end. */
export async function readStreamOf(manifest: string, options: ReadOptions): Promise<Read> {
  const { config, stream = 'orders', schemas, mode = 'full-refresh', state, range, source = declarative } = options
  const read: Read = { records: [], states: [], after: [] }
  const settings: unknown = source.config.parse({ manifest, config, ...(schemas === undefined ? {} : { schemas }) })
  const request = { name: stream, mode, ...(state === undefined ? {} : { state }), ...(range === undefined ? {} : { range }) }
  for await (const message of source.read(settings, { streams: [request] }, marchRuntime(options))) {
    if (message.type === 'records') read.records.push(...message.records)
    else if (message.type === 'state') {
      read.states.push(message.state)
      read.after.push(read.records.length)
    } else if (message.type === 'done' && !message.result.ok) read.error = message.result.error
  }
  return read
}
