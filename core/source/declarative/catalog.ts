import type { Stream } from '../../connector/source.ts'
import { MillraceError } from '../../lib/error.ts'
import type { JsonObject } from '../../lib/json.ts'
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
    schema: await knownSchema(stream, engine),
    primaryKey: keyPaths(stream.primary_key),
    ...(field === undefined ? {} : { cursorField: field.split('.') }),
    modes: field === undefined ? ['full-refresh'] : ['full-refresh', 'incremental'],
  }
}

/**
 * The schema, or an open one where the API refuses to describe it: one stream that may not be read must
 * not sink the others. A failure that passes is thrown, since columns typed without it would be others.
 */
async function knownSchema(stream: StreamComponent, engine: Engine): Promise<JsonObject> {
  try {
    return await schemaOf(stream, engine)
  } catch (thrown) {
    engine.runtime.signal.throwIfAborted()
    if (!(thrown instanceof MillraceError) || thrown.fault === 'transient') throw thrown
    engine.runtime.log('warn', `The schema of ${stream.name} is not known: ${thrown.message}`)
    return { type: 'object' }
  }
}

function keyPaths(key: StreamComponent['primary_key']): string[][] {
  if (typeof key === 'string') return key === '' ? [] : [[key]]
  return key.map((part) => (typeof part === 'string' ? [part] : part))
}
