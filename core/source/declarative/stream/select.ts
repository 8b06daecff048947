import type { Json, JsonObject } from '../../../lib/json.ts'
import { customOf } from '../custom.ts'
import type { Context } from '../interpolation.ts'
import type { FilterComponent, SelectorComponent, TransformationComponent } from '../manifest/record-component.ts'
import { customPlace, type Engine } from './engine.ts'
import { normalized } from './normalize.ts'
import { transform } from './transform.ts'

/** What is done with records once they are extracted. */
export interface Shaping {
  selector: SelectorComponent
  transformations: readonly TransformationComponent[]
  /** The stream's JSON Schema; only when the selector normalizes by it. */
  schema: JsonObject | undefined
}

/** Filters, transforms and normalizes records, in the order the manifest asks for. */
export function shape(records: readonly JsonObject[], shaping: Shaping, context: Context, engine: Engine): JsonObject[] {
  const { selector, transformations } = shaping
  const passes = (record: JsonObject) => isPassed(record, selector.record_filter, context, engine)
  const transformed = (record: JsonObject) => transform(record, transformations, context, engine)
  const shaped =
    selector.transform_before_filtering === true ? records.map(transformed).filter(passes) : records.filter(passes).map(transformed)
  return needsSchema(selector) ? shaped.map((record) => normalize(record, shaping, context, engine)) : shaped
}

export function needsSchema(selector: SelectorComponent): boolean {
  return selector.schema_normalization !== undefined && selector.schema_normalization !== 'None'
}

export function isPassed(record: JsonObject, filter: FilterComponent | undefined, context: Context, engine: Engine): boolean {
  if (filter === undefined) return true
  if (filter.type === 'CustomRecordFilter') return customOf(engine.custom, filter)(record, customPlace(filter, context, engine))
  return !filter.condition || engine.interpolation.condition(filter.condition, filter.$parameters, { ...context, record })
}

function normalize(record: JsonObject, { selector, schema = {} }: Shaping, context: Context, engine: Engine): JsonObject {
  const rule = selector.schema_normalization
  if (typeof rule === 'object') return customOf(engine.custom, rule)(record, schema, customPlace(rule, context, engine))
  return normalized(record, { ...schema, type: 'object' } as Json) as JsonObject
}
