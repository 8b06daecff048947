import type { Json, JsonObject } from '../../../lib/json.ts'
import { type Cursor, furthest } from './cursor.ts'
import { isObject } from './path.ts'

/** With more partitions than this, one value stands for all of them, as in the CDK. */
const maxPartitions = 10_000

/**
 * Where a stream has come to, in the low-code CDK's forms:
 *
 *   { field: value }                                              a stream without partitions
 *   { states: [{ partition, cursor: { field: value } }], parent_state? }
 *   { use_global_cursor: true, state: { field: value }, lookback_window: seconds, parent_state? }
 *
 * The last is told only at the end of a run: until then the value does not hold for the partitions that
 * are still to come. A value for the whole stream that is given to one in partitions begins each of them,
 * and the slices of the CDK's concurrent cursors (`state_type: date-range`) are taken too.
 */
export class CursorState {
  /** States of parent streams that are read incrementally, by name: they hold for what was told so far. */
  readonly parents: JsonObject = {}
  private readonly cursor: Cursor
  private readonly isPartitioned: boolean
  private readonly reached = new Map<string, { partition: JsonObject; value: Json }>()
  private readonly read = new Set<string>()
  /** What every partition begins with. */
  private beginning: Json | undefined
  private isGlobal: boolean
  private seconds = 0
  /** The furthest of this run. */
  private furthest: Json | undefined

  constructor(cursor: Cursor, isPartitioned: boolean, state: Json | undefined) {
    this.cursor = cursor
    this.isPartitioned = isPartitioned
    this.isGlobal = isPartitioned && cursor.isGlobal
    if (!isObject(state)) return
    if (isObject(state.parent_state)) Object.assign(this.parents, state.parent_state)
    const whole = valueOf(state, cursor.field) ?? (isObject(state.state) ? valueOf(state.state, cursor.field) : undefined)
    if (!isPartitioned) {
      if (whole !== undefined) this.advance({}, whole)
      return
    }
    if (state.use_global_cursor === true) this.isGlobal = true
    if (this.isGlobal || !Array.isArray(state.states)) this.beginning = whole
    if (typeof state.lookback_window === 'number') this.seconds = state.lookback_window
    this.furthest = this.beginning
    if (state.use_global_cursor === true) return
    for (const entry of Array.isArray(state.states) ? state.states : []) {
      if (!isObject(entry) || !isObject(entry.partition) || !isObject(entry.cursor)) continue
      const value = valueOf(entry.cursor, cursor.field)
      if (value !== undefined) this.reached.set(keyOf(entry.partition), { partition: entry.partition, value })
    }
  }

  get(partition: JsonObject): Json | undefined {
    return this.reached.get(keyOf(partition))?.value ?? this.beginning
  }

  /** Seconds that one value for all partitions is read back from: how long the run took that it is of. */
  get lookback(): number {
    return this.isGlobal ? this.seconds : 0
  }

  advance(partition: JsonObject, value: Json): void {
    this.furthest = furthest(this.cursor, this.furthest, value)
    if (this.isGlobal) return
    const key = keyOf(partition)
    this.read.add(key)
    if (this.read.size > maxPartitions) this.isGlobal = true
    // Re-inserting keeps the partitions of this run last: those that are gone go first when there are too many.
    this.reached.delete(key)
    this.reached.set(key, { partition, value })
    if (this.reached.size > 2 * maxPartitions) this.reached.delete(this.reached.keys().next().value!)
  }

  /** What holds in the middle of a run; undefined while there is nothing to tell. */
  toJson(): Json | undefined {
    if (this.isGlobal || this.reached.size === 0) return undefined
    const { field } = this.cursor
    if (!this.isPartitioned) return { [field]: this.reached.values().next().value!.value }
    const states = [...this.reached.values()].map(({ partition, value }) => ({ partition, cursor: { [field]: value } }))
    return { states, ...this.parentState() }
  }

  /** What holds at the end of a run that took so long. */
  atEnd(milliseconds: number): Json | undefined {
    if (!this.isGlobal) return this.toJson()
    if (this.furthest === undefined) return undefined
    const seconds = Math.ceil(milliseconds / 1000)
    return { use_global_cursor: true, state: { [this.cursor.field]: this.furthest }, lookback_window: seconds, ...this.parentState() }
  }

  private parentState(): JsonObject {
    return Object.keys(this.parents).length === 0 ? {} : { parent_state: { ...this.parents } }
  }
}

/** What keeps a state from being taken up, as the end of a sentence; undefined when nothing does. */
export function faultOfState(state: Json, field: string, isPartitioned: boolean): string | undefined {
  const isCursor = (value: Json | undefined) => isObject(value) && ['string', 'number'].includes(typeof valueOf(value, field))
  const isWhole = isCursor(state) || (isObject(state) && isCursor(state.state))
  if (isWhole) return undefined
  if (!isPartitioned) return `is not of the form ${JSON.stringify({ [field]: '…' })}`
  const entries = isObject(state) && Array.isArray(state.states) ? state.states : undefined
  const isSound = entries?.every((entry) => isObject(entry) && isObject(entry.partition) && isCursor(entry.cursor))
  return isSound === true
    ? undefined
    : `is not of the form ${JSON.stringify({ states: [{ partition: { id: 1 }, cursor: { [field]: '…' } }] })}`
}

/** The cursor's value in a state of one partition. */
function valueOf(state: JsonObject, field: string): Json | undefined {
  if (state.state_type !== 'date-range') return state[field] ?? undefined
  // Slices are merged where they touch: beyond the first there is a gap.
  const [first] = Array.isArray(state.slices) ? state.slices : []
  return isObject(first) ? (first.most_recent_cursor_value ?? first.end) : undefined
}

/** Equal for equal partitions, whether an id is a number or, as old states have it, a text. */
function keyOf(partition: JsonObject): string {
  return JSON.stringify(canonical(partition))
}

function canonical(value: Json): Json {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isObject(value)) return String(value)
  return Object.entries(value)
    .filter(([key, item]) => key !== 'parent_slice' || (isObject(item) && Object.keys(item).length > 0))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, canonical(item)])
}
