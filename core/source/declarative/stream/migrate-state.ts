import type { Json, JsonObject } from '../../../lib/json.ts'
import { customOf } from '../custom.ts'
import type { StreamComponent } from '../manifest/stream-component.ts'
import { customPlace, type Engine } from './engine.ts'
import { isObject } from './path.ts'

/** The state that a stream is given, brought to the form of today by the manifest's `state_migrations`. */
export function migrateState(stream: StreamComponent, state: Json | undefined, engine: Engine): Json | undefined {
  let current = state
  for (const migration of stream.state_migrations) {
    if (current === undefined) return undefined
    current =
      migration.type === 'CustomStateMigration'
        ? customOf(engine.custom, migration)(current, customPlace(migration, {}, engine))
        : fromLegacy(stream, current, engine)
  }
  return current
}

/** `{ "13506132": { field: value } }`, by the parent's id alone (component schema, "LegacyToPerPartitionStateMigration"). */
function fromLegacy(stream: StreamComponent, state: Json, engine: Engine): Json {
  const field = partitionField(stream, engine)
  const cursor = stream.incremental_sync
  if (field === undefined || cursor === undefined || !isObject(state)) return state
  const cursorField = engine.interpolation.text(cursor.cursor_field, cursor.$parameters)
  const entries = Object.entries(state)
  const isLegacy = entries.length > 0 && entries.every(([, value]) => isObject(value) && value[cursorField] !== undefined)
  if (!isLegacy) return state
  return { states: entries.map(([id, value]): JsonObject => ({ partition: { [field]: id, parent_slice: {} }, cursor: value })) }
}

function partitionField(stream: StreamComponent, engine: Engine): string | undefined {
  const [router] = stream.retriever.partition_router
  if (router?.type === 'ListPartitionRouter') return engine.interpolation.text(router.cursor_field, router.$parameters)
  if (router?.type !== 'SubstreamPartitionRouter') return undefined
  const [parent] = router.parent_stream_configs
  return engine.interpolation.text(parent!.partition_field, parent!.$parameters)
}
