import type { Stream } from '../../connector/source.ts'
import type { StreamComponent } from './manifest/stream-component.ts'
import type { Engine } from './stream/engine.ts'
import { type AnyStream, schemaOf } from './stream/read.ts'

/** A stream of the manifest as the catalog has it. Asks the API where its schema is made by it. */
export async function catalogStream(component: AnyStream, engine: Engine): Promise<Stream> {
  const stream = component.type === 'StateDelegatingStream' ? component.incremental_stream : component
  const cursor = stream.incremental_sync
  const field = cursor === undefined ? undefined : engine.interpolation.text(cursor.cursor_field, cursor.$parameters)
  return {
    name: component.name,
    schema: await schemaOf(stream, engine),
    primaryKey: keyPaths(stream.primary_key),
    ...(field === undefined ? {} : { cursorField: field.split('.') }),
    modes: field === undefined ? ['full-refresh'] : ['full-refresh', 'incremental'],
  }
}

function keyPaths(key: StreamComponent['primary_key']): string[][] {
  if (typeof key === 'string') return key === '' ? [] : [[key]]
  return key.map((part) => (typeof part === 'string' ? [part] : part))
}
