import type { Stream } from '../../connector/source.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Interpolation } from './interpolation.ts'
import type { StreamComponent } from './manifest/component.ts'

/** A stream of the manifest as the catalog has it. */
export function catalogStream(component: StreamComponent, interpolation: Interpolation): Stream {
  const cursor = component.incremental_sync
  return {
    name: component.name,
    schema: schemaOf(component),
    primaryKey: keyPaths(component.primary_key),
    ...(cursor === undefined ? {} : { cursorField: interpolation.text(cursor.cursor_field, cursor.$parameters).split('.') }),
    modes: cursor === undefined ? ['full-refresh'] : ['full-refresh', 'incremental'],
  }
}

/** Inline schemas merged; of any other loader nothing is known beforehand. */
function schemaOf(component: StreamComponent): JsonObject {
  const loaders = [component.schema_loader ?? []].flat()
  const schemas = loaders.flatMap((loader) => (loader.type === 'InlineSchemaLoader' && loader.schema ? [loader.schema] : []))
  if (schemas.length === 0) return { type: 'object' }
  const properties = schemas.flatMap((schema) => Object.entries((schema.properties ?? {}) as JsonObject))
  return { ...schemas[0], type: 'object', properties: Object.fromEntries(properties) }
}

function keyPaths(key: StreamComponent['primary_key']): string[][] {
  if (typeof key === 'string') return key === '' ? [] : [[key]]
  return key.map((part) => (typeof part === 'string' ? [part] : part))
}
