import { type Catalog, defineSource, type ReadRequest, type Source, type SourceMessage } from '../../connector/source.ts'
import { MillraceError, toMillraceError } from '../../lib/error.ts'
import type { Json } from '../../lib/json.ts'
import { attempt, fail, ok, type Result } from '../../lib/result.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { catalogStream } from './catalog.ts'
import { checkedStreams } from './check.ts'
import { allEntries, type Config, configSchema, type Connector, openConnector, staticEntries } from './connector.ts'
import type { CustomComponents } from './custom.ts'
import { readManifest } from './manifest/read.ts'
import { faultsError, manifestFaults, type StreamEntry } from './manifest/validate.ts'
import { firstRecords, readStream } from './stream/read.ts'
import { faultOfState } from './stream/state.ts'

export const declarative = declarativeSource({})

/** The source that runs manifests, with implementations of the custom components that they may name. */
export function declarativeSource(custom: CustomComponents): Source<Config> {
  return defineSource<Config>({
    name: 'declarative',
    title: 'Connector manifest',
    description: 'Any HTTP API, by a low-code connector manifest (Airbyte DeclarativeSource YAML).',
    config: configSchema,
    check: (config, runtime) => attempt(() => check(config, custom, runtime)),
    discover: (config, runtime) => attempt(() => discover(openConnector(config, custom, runtime))),
    checkState: (config, stream, state, runtime) => checkState(openConnector(config, custom, runtime), stream, state),
    read: (config, request, runtime) => read(config, request, custom, runtime),
  })
}

async function check(config: Config, custom: CustomComponents, runtime: Runtime): Promise<void> {
  const faults = manifestFaults(readManifest(config.manifest), custom)
  if (faults.length > 0) throw faultsError(faults)
  const connector = openConnector(config, custom, runtime)
  for (const { component, faults } of checkedStreams(connector.manifest, await allEntries(connector))) {
    if (component === undefined) throw faultsError(faults)
    await firstRecords(component, connector)
  }
}

async function discover(connector: Connector): Promise<Catalog> {
  const streams: Catalog['streams'] = []
  for (const { name, component } of await allEntries(connector)) {
    streams.push(component === undefined ? unknown(name) : await catalogStream(component, connector))
  }
  return { streams }
}

/** Streams that are made while reading, or that delegate by their state, take a state as it is: nothing is known of it beforehand. */
function checkState(connector: Connector, stream: string, state: Json): Result<void> {
  const component = staticEntries(connector).find((entry) => entry.name === stream)?.component
  if (component === undefined || !('retriever' in component) || component.incremental_sync === undefined) return ok(undefined)
  const cursor = component.incremental_sync
  const field = connector.interpolation.text(cursor.cursor_field, cursor.$parameters)
  const fault = faultOfState(state, field, component.retriever.partition_router.length > 0)
  if (fault === undefined) return ok(undefined)
  return fail(new MillraceError({ code: 'invalid-state', fault: 'config', message: `The state of ${stream} ${fault}.` }))
}

async function* read(config: Config, request: ReadRequest, custom: CustomComponents, runtime: Runtime): AsyncGenerator<SourceMessage> {
  const connector = openConnector(config, custom, runtime)
  let entries = staticEntries(connector)
  let isComplete = false
  for (const { name, mode, state, range } of request.streams) {
    try {
      // Streams that are made while reading are asked for only when one of them is wanted.
      if (!isComplete && !entries.some((candidate) => candidate.name === name)) {
        entries = await allEntries(connector)
        isComplete = true
      }
      const entry = entries.find((candidate) => candidate.name === name)
      if (entry === undefined) throw unknownStream(name, entries)
      if (entry.component === undefined) throw faultsError(entry.faults)
      yield* readStream(entry.component, { mode, state, range }, connector)
      yield { type: 'done', stream: name, result: ok(undefined) }
    } catch (thrown) {
      runtime.signal.throwIfAborted()
      yield { type: 'done', stream: name, result: fail(toMillraceError(thrown)) }
    }
  }
}

/** A stream that cannot be read is in the catalog all the same: reading it says why. */
function unknown(name: string): Catalog['streams'][number] {
  return { name, schema: { type: 'object' }, primaryKey: [], modes: ['full-refresh'] }
}

function unknownStream(name: string, entries: readonly StreamEntry[]): MillraceError {
  return new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `The manifest has no stream "${name}"; it has ${entries.map((entry) => entry.name).join(', ')}.`,
    mend: 'Correct the name under streams of the source file.',
  })
}
