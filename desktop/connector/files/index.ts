import { type Catalog, defineSource, type ReadRequest, type SourceMessage } from '#core/connector/source.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import { attempt, fail, ok } from '#core/lib/result.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { catalogStream } from './catalog.ts'
import { type Config, configSchema } from './config.ts'
import { readStream } from './read-stream.ts'
import { sampleRecords } from './sample.ts'
import { openStore } from './store.ts'

export const files = defineSource<Config>({
  name: 'files',
  title: 'Files',
  description: 'CSV, JSON and Parquet files of a folder, a web server or an S3 store.',
  config: configSchema,
  check: (config, runtime) => attempt(() => check(config, runtime)),
  discover: (config, runtime) => attempt(() => discover(config, runtime)),
  read,
})

/** Every stream has files, and those of its sample can be read. */
async function check(config: Config, runtime: Runtime): Promise<void> {
  for (const [name, stream] of Object.entries(config.streams)) {
    const store = await openStore(config, runtime)
    const listed = await store.list([stream.files].flat(), runtime.signal)
    if (listed.length === 0) throw noFiles(name, [stream.files].flat(), config.location)
    await sampleRecords(stream, store, listed.slice(0, 1), runtime)
  }
}

/** A stream whose files cannot be read yet is there without columns: reading it says why, and the others go on. */
async function discover(config: Config, runtime: Runtime): Promise<Catalog> {
  const streams = []
  for (const [name, stream] of Object.entries(config.streams)) {
    const store = await openStore(config, runtime)
    try {
      const listed = await store.list([stream.files].flat(), runtime.signal)
      streams.push(await catalogStream(name, stream, config.file_fields, store, listed, runtime))
    } catch (thrown) {
      runtime.signal.throwIfAborted()
      runtime.log('warn', `The columns of the stream ${name} are not known: ${toMillraceError(thrown).message}`)
      streams.push(await catalogStream(name, stream, config.file_fields, store, [], runtime))
    }
  }
  return { streams }
}

async function* read(config: Config, request: ReadRequest, runtime: Runtime): AsyncGenerator<SourceMessage> {
  for (const wanted of request.streams) {
    const { name } = wanted
    try {
      const stream = Object.hasOwn(config.streams, name) ? config.streams[name] : undefined
      if (stream === undefined) throw unknownStream(name, Object.keys(config.streams))
      yield* readStream(config, stream, await openStore(config, runtime), wanted, runtime)
      yield { type: 'done', stream: name, result: ok(undefined) }
    } catch (thrown) {
      runtime.signal.throwIfAborted()
      yield { type: 'done', stream: name, result: fail(toMillraceError(thrown)) }
    }
  }
}

function noFiles(stream: string, patterns: readonly string[], location: string): MillraceError {
  return new MillraceError({
    code: 'no-files',
    fault: 'config',
    message: `No file matches ${patterns.join(', ')} of the stream ${stream} at ${location.split('?')[0]}.`,
    mend: 'Correct location, or files of the stream.',
  })
}

function unknownStream(name: string, known: readonly string[]): MillraceError {
  return new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `The source has no stream "${name}"; it has ${known.join(', ')}.`,
    mend: 'Correct the name under streams of the source file.',
  })
}
