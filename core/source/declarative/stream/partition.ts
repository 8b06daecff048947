import type { Json, JsonObject } from '../../../lib/json.ts'
import { customOf } from '../custom.ts'
import { literalValue } from '../expression/literal.ts'
import { List, toJson } from '../expression/value.ts'
import { inject, type RequestParts } from '../http/option.ts'
import type { Interpolation } from '../interpolation.ts'
import type { GroupingRouter, ListRouter, ParentComponent, RouterComponent, SubstreamRouter } from '../manifest/stream-component.ts'
import { customPlace, type Engine } from './engine.ts'
import { valueAt } from './path.ts'
import type { Partition } from './slice.ts'

/** A partition, or how far a parent stream has come once the partitions before it are read. */
export type Division = { partition: Partition } | { parent: string; state: Json }

/** What a parent yields: records with the partition of its own they came from, and states of what they cover. */
export type ParentPart = { records: JsonObject[]; partition: JsonObject } | { state: Json }

/** Reads a parent: incrementally when its config says so and `isIncremental`. */
export type ReadParent = (parent: ParentComponent, isIncremental: boolean) => AsyncIterable<ParentPart>

const whole: Partition = { key: {}, extra: {} }

/** The partitions of a stream: the combinations of what its routers yield. One, empty, when it has no router. */
export async function* partitions(
  routers: readonly RouterComponent[],
  readParent: ReadParent,
  engine: Engine,
  isOutermost = true,
): AsyncGenerator<Division> {
  const [first, ...rest] = routers
  if (first === undefined) {
    yield { partition: whole }
    return
  }
  // An inner router is gone through again for each outer partition: its parents cannot be read incrementally.
  for await (const outer of divisions(first, readParent, engine, isOutermost)) {
    if ('parent' in outer) yield outer
    else {
      for await (const inner of partitions(rest, readParent, engine, false)) {
        if ('parent' in inner) continue
        const [a, b] = [outer.partition, inner.partition]
        const embedded = a.embedded ?? b.embedded
        const joined = { key: { ...a.key, ...b.key }, extra: { ...a.extra, ...b.extra } }
        yield { partition: embedded === undefined ? joined : { ...joined, embedded } }
      }
    }
  }
}

/** Puts a partition's values where the routers' request options say. */
export function applyPartition(
  parts: RequestParts,
  routers: readonly RouterComponent[],
  partition: Partition,
  interpolation: Interpolation,
): void {
  for (const router of routers) {
    for (const { option, field } of optionsOf(router, interpolation)) {
      if (option && Object.hasOwn(partition.key, field)) inject(parts, option, partition.key[field]!, interpolation)
    }
  }
}

/** Groups and custom routers say nothing of requests themselves: expressions of the requester do. */
function optionsOf(router: RouterComponent, interpolation: Interpolation) {
  if (router.type === 'ListPartitionRouter') {
    return [{ option: router.request_option, field: interpolation.text(router.cursor_field, router.$parameters) }]
  }
  if (router.type !== 'SubstreamPartitionRouter') return []
  return router.parent_stream_configs.map((parent) => ({
    option: parent.request_option,
    field: interpolation.text(parent.partition_field, parent.$parameters),
  }))
}

async function* divisions(router: RouterComponent, readParent: ReadParent, engine: Engine, isOutermost: boolean): AsyncGenerator<Division> {
  switch (router.type) {
    case 'ListPartitionRouter': {
      const field = engine.interpolation.text(router.cursor_field, router.$parameters)
      for (const value of listValues(router, engine.interpolation)) yield { partition: { key: { [field]: value }, extra: {} } }
      return
    }
    case 'SubstreamPartitionRouter':
      for (const parent of router.parent_stream_configs) yield* children(parent, readParent, engine, isOutermost)
      return
    case 'GroupingPartitionRouter':
      yield* grouped(router, divisions(router.underlying_partition_router, readParent, engine, isOutermost))
      return
    case 'CustomPartitionRouter':
      for await (const partition of customOf(engine.custom, router)(customPlace(router, {}, engine))) yield { partition }
  }
}

async function* children(
  parent: SubstreamRouter['parent_stream_configs'][number],
  readParent: ReadParent,
  engine: Engine,
  isOutermost: boolean,
): AsyncGenerator<Division> {
  const text = (source: string) => engine.interpolation.text(source, parent.$parameters)
  const keyPath = text(parent.parent_key).split('/')
  const field = text(parent.partition_field)
  const extraPaths = parent.extra_fields.map((path) => path.map(text))
  const pointer = parent.lazy_read_pointer.map(text)
  for await (const part of readParent(parent, isOutermost && parent.incremental_dependency)) {
    if ('state' in part) {
      yield { parent: parent.stream.name, state: part.state }
      continue
    }
    for (const record of part.records) {
      const value = valueAt(record, keyPath)
      if (value === undefined) continue
      const extra = extraPaths.map((path): [string, Json] => [path.join('.'), valueAt(record, path) ?? null])
      const partition: Partition = { key: { [field]: value, parent_slice: part.partition }, extra: Object.fromEntries(extra) }
      const embedded = pointer.length === 0 ? undefined : valueAt(record, pointer)
      yield { partition: embedded === undefined || embedded === null ? partition : { ...partition, embedded } }
    }
  }
}

/** Partitions in groups: each field is the list of theirs (component schema, "GroupingPartitionRouter"). */
async function* grouped(router: GroupingRouter, source: AsyncIterable<Division>): AsyncGenerator<Division> {
  let group: Partition[] = []
  // States of parents hold once the group that their partitions are in is read.
  let states: Division[] = []
  const seen = new Set<string>()
  const flush = function* (): Generator<Division> {
    if (group.length > 0)
      yield { partition: { key: columns(group.map(({ key }) => key)), extra: columns(group.map(({ extra }) => extra)) } }
    yield* states
    group = []
    states = []
  }
  for await (const division of source) {
    if ('parent' in division) {
      states = [...states.filter((other) => 'parent' in other && other.parent !== division.parent), division]
      continue
    }
    const id = JSON.stringify(division.partition.key)
    if (router.deduplicate && seen.has(id)) continue
    if (router.deduplicate) seen.add(id)
    group.push(division.partition)
    if (group.length >= router.group_size) yield* flush()
  }
  yield* flush()
}

function columns(objects: readonly JsonObject[]): JsonObject {
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))].filter((name) => name !== 'parent_slice')
  return Object.fromEntries(names.map((name) => [name, objects.map((object) => object[name] ?? null)]))
}

function listValues(router: ListRouter, interpolation: Interpolation): Json[] {
  if (typeof router.values !== 'string') return router.values.map((value) => interpolation.text(value, router.$parameters))
  const rendered = interpolation.value(router.values, router.$parameters)
  const value = typeof rendered === 'string' ? (literalValue(rendered) ?? rendered) : rendered
  if (value instanceof List) return value.items.map(toJson)
  return value === null ? [] : [toJson(value)]
}
