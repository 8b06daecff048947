import type { Json, JsonObject } from '../../../lib/json.ts'
import { literalValue } from '../expression/literal.ts'
import { List, toJson } from '../expression/value.ts'
import { inject, type RequestParts } from '../http/option.ts'
import type { Interpolation } from '../interpolation.ts'
import type { RouterComponent, StreamComponent } from '../manifest/component.ts'
import { valueAt } from './path.ts'

/** One of the parts that a stream is read in: a parent record's children, an item of a list. */
export interface Partition {
  /** What identifies it, and what state is kept by. */
  key: JsonObject
  /** Fields of the parent record that expressions may read. */
  extra: JsonObject
}

/** Reads all records of a parent stream, with the partition each came from. */
export type ReadParent = (stream: StreamComponent) => AsyncIterable<{ records: JsonObject[]; partition: JsonObject }>

const whole: Partition = { key: {}, extra: {} }

/** The partitions of a stream: the combinations of what its routers yield. One, empty, when it has no router. */
export async function* partitions(
  routers: readonly RouterComponent[],
  readParent: ReadParent,
  interpolation: Interpolation,
): AsyncGenerator<Partition> {
  const [first, ...rest] = routers
  if (first === undefined) {
    yield whole
    return
  }
  for await (const outer of partitionsOf(first, readParent, interpolation)) {
    for await (const inner of partitions(rest, readParent, interpolation)) {
      yield { key: { ...outer.key, ...inner.key }, extra: { ...outer.extra, ...inner.extra } }
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
    const targets =
      router.type === 'ListPartitionRouter'
        ? [{ option: router.request_option, field: interpolation.text(router.cursor_field, router.$parameters) }]
        : router.parent_stream_configs.map((parent) => ({
            option: parent.request_option,
            field: interpolation.text(parent.partition_field, parent.$parameters),
          }))
    for (const { option, field } of targets) {
      if (option && Object.hasOwn(partition.key, field)) inject(parts, option, partition.key[field]!, interpolation)
    }
  }
}

async function* partitionsOf(router: RouterComponent, readParent: ReadParent, interpolation: Interpolation): AsyncGenerator<Partition> {
  if (router.type === 'ListPartitionRouter') {
    const field = interpolation.text(router.cursor_field, router.$parameters)
    for (const value of listValues(router, interpolation)) yield { key: { [field]: value }, extra: {} }
    return
  }
  for (const parent of router.parent_stream_configs) {
    const keyPath = interpolation.text(parent.parent_key, parent.$parameters).split('/')
    const field = interpolation.text(parent.partition_field, parent.$parameters)
    const extraPaths = parent.extra_fields.map((path) => path.map((part) => interpolation.text(part, parent.$parameters)))
    for await (const { records, partition } of readParent(parent.stream)) {
      for (const record of records) {
        const value = valueAt(record, keyPath)
        if (value === undefined) continue
        const extra = extraPaths.map((path): [string, Json] => [path.join('.'), valueAt(record, path) ?? null])
        yield { key: { [field]: value, parent_slice: partition }, extra: Object.fromEntries(extra) }
      }
    }
  }
}

function listValues(router: Extract<RouterComponent, { type: 'ListPartitionRouter' }>, interpolation: Interpolation): Json[] {
  if (typeof router.values !== 'string') return router.values.map((value) => interpolation.text(value, router.$parameters))
  const rendered = interpolation.value(router.values, router.$parameters)
  const value = typeof rendered === 'string' ? (literalValue(rendered) ?? rendered) : rendered
  if (value instanceof List) return value.items.map(toJson)
  return value === null ? [] : [toJson(value)]
}
