import type { Json, JsonObject } from '../../../lib/json.ts'
import { isObject } from './path.ts'

/** States of more partitions than this are not kept one by one. */
const maxPartitions = 10_000

/**
 * Where a stream has come to, in the low-code CDK's form: `{ cursor_field: value }`, or for a stream
 * in partitions `{ states: [{ partition, cursor: { cursor_field: value } }] }`.
 */
export class CursorState {
  private readonly field: string
  private readonly isPartitioned: boolean
  private readonly reached = new Map<string, { partition: JsonObject; value: Json }>()

  constructor(field: string, isPartitioned: boolean, state: Json | undefined) {
    this.field = field
    this.isPartitioned = isPartitioned
    if (!isObject(state)) return
    if (!isPartitioned) {
      if (state[field] !== undefined) this.advance({}, state[field])
      return
    }
    for (const entry of Array.isArray(state.states) ? state.states : []) {
      if (isObject(entry) && isObject(entry.partition) && isObject(entry.cursor) && entry.cursor[field] !== undefined) {
        this.advance(entry.partition, entry.cursor[field])
      }
    }
  }

  get(partition: JsonObject): Json | undefined {
    return this.reached.get(keyOf(partition))?.value
  }

  advance(partition: JsonObject, value: Json): void {
    const key = keyOf(partition)
    // Re-inserting keeps the most recently read partitions last; the oldest go when there are too many.
    this.reached.delete(key)
    this.reached.set(key, { partition, value })
    if (this.reached.size > maxPartitions) this.reached.delete(this.reached.keys().next().value!)
  }

  /** Undefined while there is nothing to remember. */
  toJson(): Json | undefined {
    if (this.reached.size === 0) return undefined
    if (!this.isPartitioned) return { [this.field]: this.reached.values().next().value!.value }
    return { states: [...this.reached.values()].map(({ partition, value }) => ({ partition, cursor: { [this.field]: value } })) }
  }
}

function keyOf(partition: JsonObject): string {
  return JSON.stringify(canonical(partition))
}

function canonical(value: Json): Json {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isObject(value)) return value
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, canonical(item)])
}
