import { z } from 'zod'
import { type Catalog, defineSource, type ReadRequest, type SourceMessage } from '../../connector/source.ts'
import { MillraceError, toMillraceError } from '../../lib/error.ts'
import { fail, ok, type Result } from '../../lib/result.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { catalogStream } from './catalog.ts'
import { openHttp } from './http/open.ts'
import { Interpolation } from './interpolation.ts'
import { type Manifest, readManifest } from './manifest/read.ts'
import { faultsError, manifestFaults, type StreamEntry, streamEntries } from './manifest/validate.ts'
import { readConfig } from './spec.ts'
import { isObject } from './stream/path.ts'
import { firstRecords, readStream } from './stream/read.ts'
import type { Engine } from './stream/retrieve.ts'

const configSchema = z.strictObject({
  manifest: z
    .union([z.string(), z.record(z.string(), z.json())])
    .meta({ file: true })
    .describe(
      'The low-code connector manifest (DeclarativeSource): its YAML text, or the parsed object. In a source file: the path of the manifest.',
    ),
  config: z
    .record(z.string(), z.json())
    .default({})
    .meta({ secret: true })
    .describe("The manifest's own settings, as its spec asks for them: credentials, start dates, domains."),
})

type Config = z.infer<typeof configSchema>

interface Connector extends Engine {
  manifest: Manifest
  entries: StreamEntry[]
}

export const declarative = defineSource<Config>({
  name: 'declarative',
  title: 'Connector manifest',
  description: 'Any HTTP API, by a low-code connector manifest (Airbyte DeclarativeSource YAML).',
  config: configSchema,
  check: (config, runtime) => attempt(() => check(config, runtime)),
  discover: (config, runtime) => attempt(async () => discover(config, runtime)),
  read,
})

function open(config: Config, runtime: Runtime): Connector {
  const manifest = readManifest(config.manifest)
  const settings = readConfig(manifest, config.config)
  const interpolation = new Interpolation(settings, () => runtime.clock.now())
  return { manifest, entries: streamEntries(manifest), ...openHttp(manifest, interpolation, runtime) }
}

async function check(config: Config, runtime: Runtime): Promise<void> {
  const manifest = readManifest(config.manifest)
  const faults = manifestFaults(manifest)
  if (faults.length > 0) throw faultsError(faults)
  const connector = open(config, runtime)
  for (const entry of checkedStreams(connector)) await firstRecords(entry.component!, connector)
}

/** The streams that CheckStream names; the first when it names none. */
function checkedStreams({ manifest, entries }: Connector): StreamEntry[] {
  const names = isObject(manifest.check) && Array.isArray(manifest.check.stream_names) ? manifest.check.stream_names : []
  const unknown = names.find((name) => !entries.some((entry) => entry.name === name))
  if (unknown !== undefined) throw faultsError([{ path: 'check.stream_names', reason: `there is no stream "${String(unknown)}"` }])
  return names.length === 0 ? entries.slice(0, 1) : entries.filter((entry) => names.includes(entry.name))
}

function discover(config: Config, runtime: Runtime): Catalog {
  const { entries, interpolation } = open(config, runtime)
  return {
    streams: entries.map(({ name, component }) =>
      component === undefined
        ? { name, schema: { type: 'object' }, primaryKey: [], modes: ['full-refresh'] }
        : catalogStream(component, interpolation),
    ),
  }
}

async function* read(config: Config, request: ReadRequest, runtime: Runtime): AsyncGenerator<SourceMessage> {
  const connector = open(config, runtime)
  for (const { name, mode, state } of request.streams) {
    const entry = connector.entries.find((candidate) => candidate.name === name)
    try {
      if (entry === undefined) throw unknownStream(name, connector.entries)
      if (entry.component === undefined) throw faultsError(entry.faults)
      yield* readStream(entry.component, mode, state, connector)
      yield { type: 'done', stream: name, result: ok(undefined) }
    } catch (thrown) {
      runtime.signal.throwIfAborted()
      yield { type: 'done', stream: name, result: fail(toMillraceError(thrown)) }
    }
  }
}

function unknownStream(name: string, entries: readonly StreamEntry[]): MillraceError {
  return new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `The manifest has no stream "${name}"; it has ${entries.map((entry) => entry.name).join(', ')}.`,
    mend: 'Correct the name under streams of the source file.',
  })
}

async function attempt<Value>(work: () => Promise<Value>): Promise<Result<Value>> {
  try {
    return ok(await work())
  } catch (thrown) {
    return fail(toMillraceError(thrown))
  }
}
