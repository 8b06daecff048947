import { readFileSync } from 'node:fs'
import { sources } from '#core/connector/source-registry.ts'
import type { ReadMode, Source } from '#core/connector/source.ts'
import type { MillraceError } from '#core/lib/error.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import type { Runtime } from '#core/lib/runtime.ts'

export const declarative: Source<any> = sources.find(({ name }) => name === 'declarative')!

export interface Reading {
  records: JsonObject[]
  states: Json[]
  errors: MillraceError[]
}

export interface ReadOptions {
  config: JsonObject
  runtime: Runtime
  streams?: string[]
  mode?: ReadMode
}

/** Reads streams of a manifest, one after the other, to the end. */
export async function readManifest(
  manifest: string | JsonObject,
  { config, runtime, streams = ['orders'], mode }: ReadOptions,
): Promise<Reading> {
  const reading: Reading = { records: [], states: [], errors: [] }
  const settings: unknown = declarative.config.parse({ manifest, config })
  const request = { streams: streams.map((name) => ({ name, mode: mode ?? ('full-refresh' as const) })) }
  for await (const message of declarative.read(settings, request, runtime)) {
    if (message.type === 'records') reading.records.push(...message.records)
    else if (message.type === 'state') reading.states.push(message.state)
    else if (message.type === 'done' && !message.result.ok) reading.errors.push(message.result.error)
  }
  return reading
}

/** A manifest of the folder http-manifest, each written for what one way to authenticate or to fail asks of the engine. */
export function httpManifest(name: string): string {
  return readFileSync(new URL(`http-manifest/${name}.yaml`, import.meta.url), 'utf8')
}

export function orders(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    updated_at: new Date(Date.UTC(2026, 0, 1) + index * 7_200_000).toISOString(),
  }))
}
