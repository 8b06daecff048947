import { z } from 'zod'
import type { JsonObject } from '../../lib/json.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { readRules, transformConfig, validateConfig } from './config-rules.ts'
import type { CustomComponents } from './custom.ts'
import { resolveStreams } from './dynamic.ts'
import { openHttp } from './http/open.ts'
import { Interpolation } from './interpolation.ts'
import { type Manifest, readManifest } from './manifest/read.ts'
import { dynamicEntries, faultsError, type StreamEntry, streamEntries } from './manifest/validate.ts'
import { readConfig } from './spec.ts'
import type { Engine } from './stream/engine.ts'
import { isObject } from './stream/path.ts'

export const configSchema = z.strictObject({
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
  schemas: z
    .record(z.string(), z.record(z.string(), z.json()))
    .optional()
    .describe(
      'JSON Schemas by stream name, for a manifest that keeps them in files (JsonFileSchemaLoader). Without one, types follow the values.',
    ),
})

export type Config = z.infer<typeof configSchema>

/** A manifest with its config, ready to be read. */
export interface Connector extends Engine {
  manifest: Manifest
}

/** More at once would be more than an API and the memory bear. */
const maxConcurrency = 32

export function openConnector(config: Config, custom: CustomComponents, runtime: Runtime): Connector {
  const manifest = readManifest(config.manifest)
  const rules = readRules(manifest.spec)
  const world = { now: () => runtime.clock.now(), random: runtime.random }
  const settings = readConfig(manifest, transformConfig(rules, config.config, custom, world))
  validateConfig(rules, settings, world)
  const interpolation = new Interpolation(settings, world)
  const schemas = { ...(isObject(manifest.schemas) ? (manifest.schemas as Record<string, JsonObject>) : {}), ...config.schemas }
  const level = isObject(manifest.concurrency_level) ? manifest.concurrency_level : {}
  const wanted = countOf(level.default_concurrency, interpolation) ?? 1
  const most = countOf(level.max_concurrency, interpolation) ?? maxConcurrency
  return {
    manifest,
    ...openHttp(manifest, interpolation, runtime, custom),
    config: settings,
    schemas,
    concurrency: Math.min(wanted, most, maxConcurrency),
    jobs: Math.min(countOf(manifest.max_concurrent_async_job_count, interpolation) ?? 1, maxConcurrency),
  }
}

/** The streams that stand in the manifest, as far as their conditions hold. */
export function staticEntries({ manifest, custom, interpolation }: Connector): StreamEntry[] {
  const entries = streamEntries(manifest, custom)
  return entries.filter(({ condition }) => condition === undefined || interpolation.condition(condition, {}))
}

/** All streams: those that are made while reading are asked for. Throws what asking throws. */
export async function allEntries(connector: Connector): Promise<StreamEntry[]> {
  const entries = staticEntries(connector)
  for (const { component, faults } of dynamicEntries(connector.manifest, connector.custom)) {
    if (component === undefined) throw faultsError(faults)
    entries.push(...(await resolveStreams(component, connector)))
  }
  return entries
}

function countOf(value: unknown, interpolation: Interpolation): number | undefined {
  const count = typeof value === 'string' ? Number(interpolation.text(value, {})) : value
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : undefined
}
