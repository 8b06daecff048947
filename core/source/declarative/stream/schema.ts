import type { Json, JsonObject } from '../../../lib/json.ts'
import { customOf } from '../custom.ts'
import type { DynamicSchemaLoader, FieldType, SchemaLoaderComponent, StreamComponent, TypeMapping } from '../manifest/stream-component.ts'
import { customPlace, type Engine } from './engine.ts'
import { isObject, valueAt } from './path.ts'
import { isPassed } from './select.ts'
import { transform } from './transform.ts'

/** Reads the first record that a schema loader's retriever gets; undefined when there is none. */
export type ReadFirst = (loader: DynamicSchemaLoader) => Promise<JsonObject | undefined>

/** The JSON Schema of a stream, of all its loaders; what an earlier one says of a field holds. */
export async function loadSchema(stream: StreamComponent, engine: Engine, readFirst: ReadFirst): Promise<JsonObject> {
  const schemas: JsonObject[] = []
  for (const loader of stream.schema_loader) schemas.push(await load(loader, stream, engine, readFirst))
  if (schemas.length === 0) return { type: 'object' }
  const properties = schemas.toReversed().flatMap((schema) => Object.entries(isObject(schema.properties) ? schema.properties : {}))
  return properties.length === 0
    ? { ...schemas[0], type: 'object' }
    : { ...schemas[0], type: 'object', properties: Object.fromEntries(properties) }
}

async function load(loader: SchemaLoaderComponent, stream: StreamComponent, engine: Engine, readFirst: ReadFirst): Promise<JsonObject> {
  switch (loader.type) {
    case 'InlineSchemaLoader':
      return loader.schema ?? {}
    case 'JsonFileSchemaLoader': {
      const path = loader.file_path === undefined ? '' : engine.interpolation.text(loader.file_path, loader.$parameters)
      const known = [stream.name, path].find((name) => Object.hasOwn(engine.schemas, name))
      // A schema that is not at hand is no harm: columns are typed from the values instead.
      return known === undefined ? {} : engine.schemas[known]!
    }
    case 'CustomSchemaLoader':
      return customOf(engine.custom, loader)(customPlace(loader, {}, engine))
    case 'DynamicSchemaLoader':
      return dynamicSchema(loader, engine, await readFirst(loader))
  }
}

/** A schema that the API itself describes: a list of fields in a record (component schema, "DynamicSchemaLoader"). */
function dynamicSchema(loader: DynamicSchemaLoader, engine: Engine, record: JsonObject | undefined): JsonObject {
  const identifier = loader.schema_type_identifier
  const text = (part: string) => engine.interpolation.text(part, identifier.$parameters)
  const fields = record === undefined ? [] : valueAt(record, identifier.schema_pointer.map(text))
  let properties: JsonObject = {}
  for (const field of Array.isArray(fields) ? fields : isObject(fields) ? Object.values(fields) : []) {
    const key = valueAt(field, identifier.key_pointer.map(text))
    if (typeof key !== 'string') continue
    const raw = identifier.type_pointer === undefined ? 'string' : valueAt(field, identifier.type_pointer.map(text))
    properties[key] = jsonType(mapped(raw, identifier.types_mapping, field, engine), engine)
  }
  properties = transform(properties, loader.schema_transformations, {}, engine)
  if (loader.schema_filter) {
    const filter = loader.schema_filter
    properties = Object.fromEntries(Object.entries(properties).filter(([key, type]) => isPassed({ [key]: type }, filter, {}, engine)))
  }
  return { $schema: 'https://json-schema.org/draft-07/schema#', type: 'object', additionalProperties: true, properties }
}

function mapped(raw: Json | undefined, mappings: readonly TypeMapping[], field: Json, engine: Engine): FieldType {
  const mapping = mappings.find(({ current_type: current, condition }) => {
    const isSame = JSON.stringify(current) === JSON.stringify(raw)
    return isSame && (!condition || engine.interpolation.condition(condition, {}, { raw_schema: field }))
  })
  if (mapping !== undefined) return mapping.target_type
  return Array.isArray(raw) ? raw.map(String) : String(raw)
}

/** The types of the CDK's protocol, as JSON Schema; each may be null. */
const types: Readonly<Record<string, JsonObject>> = {
  string: { type: ['null', 'string'] },
  boolean: { type: ['null', 'boolean'] },
  integer: { type: ['null', 'integer'] },
  number: { type: ['null', 'number'] },
  array: { type: ['null', 'array'] },
  object: { type: ['null', 'object'] },
  date: { type: ['null', 'string'], format: 'date' },
  timestamp_with_timezone: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
  timestamp_without_timezone: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
  time_with_timezone: { type: ['null', 'string'], format: 'time', airbyte_type: 'time_with_timezone' },
  time_without_timezone: { type: ['null', 'string'], format: 'time', airbyte_type: 'time_without_timezone' },
}

/** A type that is not known is left open: the values decide. */
function jsonType(type: FieldType, engine: Engine): JsonObject {
  if (typeof type === 'string') return Object.hasOwn(types, type) ? types[type]! : {}
  if (Array.isArray(type)) {
    const names = type.filter((name) => name !== 'null')
    return names.length === 1 ? jsonType(names[0]!, engine) : { oneOf: names.map((name) => jsonType(name, engine)) }
  }
  const base = jsonType(type.field_type, engine)
  return type.items === undefined ? base : { ...base, items: jsonType(type.items, engine) }
}
