import { parse } from 'yaml'
import { MillraceError } from '../../lib/error.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { Context } from './interpolation.ts'
import type { DynamicStreamComponent, MappingComponent, ResolverComponent } from './manifest/dynamic-component.ts'
import { propagateStream } from './manifest/propagate.ts'
import { type StreamEntry, streamEntry } from './manifest/validate.ts'
import type { Engine } from './stream/engine.ts'
import { isObject, replaceAt, setAt, valueAt } from './stream/path.ts'
import { recordsOf } from './stream/read.ts'
import { typedValue } from './stream/transform.ts'

/** More streams than this are a mistake in a resolver's path. */
const maxStreams = 5000

/**
 * The streams that a DynamicDeclarativeStream stands for: its template, once for each set of values that
 * the resolver finds in the API, the config or the manifest, with the mappings made (component schema,
 * "DynamicDeclarativeStream"). Each is checked as a stream of the manifest is.
 */
export async function resolveStreams(dynamic: DynamicStreamComponent, engine: Engine): Promise<StreamEntry[]> {
  const entries: StreamEntry[] = []
  for await (const { values, context } of componentValues(dynamic.components_resolver, engine)) {
    if (entries.length >= maxStreams) throw tooMany(dynamic.name)
    const template = structuredClone(dynamic.stream_template)
    const known = { ...context, components_values: values, stream_template_config: dynamic.stream_template }
    for (const mapping of dynamic.components_resolver.components_mapping) map(template, mapping, known, engine)
    const stream = propagateStream(template, dynamic.use_parent_parameters)
    const name = typeof stream.name === 'string' ? stream.name : String(entries.length)
    entries.push({ ...streamEntry(stream, `dynamic_streams.${dynamic.name}.${name}`, engine.custom), madeBy: dynamic.name })
  }
  return entries
}

async function* componentValues(resolver: ResolverComponent, engine: Engine): AsyncGenerator<{ values: Json; context: Context }> {
  switch (resolver.type) {
    case 'HttpComponentsResolver':
      for await (const { records, context } of recordsOf(resolver.retriever, engine)) {
        for (const values of records) yield { values, context }
      }
      return
    case 'ParametrizedComponentsResolver':
      for (const values of resolver.stream_parameters.list_of_parameters_for_stream) yield { values, context: {} }
      return
    case 'ConfigComponentsResolver':
      for (const values of combinations(resolver.stream_config.map((config) => configValues(config, engine)))) yield { values, context: {} }
  }
}

type StreamConfig = Extract<ResolverComponent, { type: 'ConfigComponentsResolver' }>['stream_config'][number]

function configValues(config: StreamConfig, engine: Engine): Json[] {
  const pointer = config.configs_pointer.map((part) => engine.interpolation.text(part, config.$parameters))
  const found = valueAt(engine.config, pointer)
  const own = found === undefined || found === null ? [] : Array.isArray(found) ? found : [found]
  return [...own, ...config.default_values]
}

/** Every combination of one value from each list, its fields together; a value without fields stands under `source_config_N` with its index. */
function combinations(lists: readonly Json[][]): JsonObject[] {
  let combined: JsonObject[] = [{}]
  for (const [at, list] of lists.entries()) {
    combined = combined.flatMap((base) =>
      list.map((value, index) => (isObject(value) ? { ...base, ...value } : { ...base, [`source_config_${at}`]: [index, value] })),
    )
  }
  return combined
}

function map(template: JsonObject, mapping: MappingComponent, context: Context, engine: Engine): void {
  const { interpolation } = engine
  const { $parameters } = mapping
  if (mapping.condition && !interpolation.condition(mapping.condition, $parameters, context)) return
  const path = mapping.field_path.map((part) => interpolation.text(part, $parameters, context))
  const value = structured(typedValue(mapping.value, mapping.value_type, $parameters, context, interpolation))
  const isReplaced = replaceAt(template, path, value)
  if (!isReplaced && mapping.create_or_update) setAt(template, path, value)
}

/** A text that is YAML of an object or a list becomes that: mappings put whole components in place so. */
function structured(value: Json): Json {
  if (typeof value !== 'string' || !/[:[{-]/.test(value)) return value
  try {
    const parsed = parse(value, { maxAliasCount: 0 }) as Json
    return isObject(parsed) || Array.isArray(parsed) ? parsed : value
  } catch {
    return value
  }
}

function tooMany(name: string): MillraceError {
  return new MillraceError({
    code: 'too-many-streams',
    fault: 'config',
    message: `The dynamic stream "${name}" makes more than ${maxStreams} streams.`,
    mend: 'Check its components_resolver in the manifest: what it finds should be a stream each.',
  })
}
