import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import type { Context, Interpolation } from '../interpolation.ts'
import type { SelectorComponent, TransformationComponent } from '../manifest/component.ts'
import { isObject, removeAt, setAt, valueAt, valuesAt } from './path.ts'

/** The records in an answer: what the DpathExtractor's path leads to, one object or a list of them. */
export function extract(body: Json, selector: SelectorComponent, interpolation: Interpolation): JsonObject[] {
  const { field_path: fieldPath, $parameters } = selector.extractor
  const path = fieldPath.map((part) => interpolation.text(part, $parameters))
  const found = path.some((part) => part === '*' || part === '**') ? valuesAt(body, path) : valueAt(body, path)
  const items = Array.isArray(found) ? found : isObject(found) && Object.keys(found).length > 0 ? [found] : found ? [found] : []
  return items.map((item) => {
    if (isObject(item)) return item
    throw new MillraceError({
      code: 'source-answer',
      fault: 'config',
      message: `The path [${path.join(', ')}] of the answer leads to ${JSON.stringify(item).slice(0, 80)}, and records are objects.`,
      mend: "Correct the extractor's field_path in the manifest.",
    })
  })
}

/** Filters and transforms records, in the order the manifest asks for. */
export function shape(
  records: readonly JsonObject[],
  selector: SelectorComponent,
  transformations: readonly TransformationComponent[],
  context: Context,
  interpolation: Interpolation,
): JsonObject[] {
  const filter = selector.record_filter
  const passes = (record: JsonObject) =>
    !filter?.condition || interpolation.condition(filter.condition, filter.$parameters, { ...context, record })
  const transformed = (record: JsonObject) => transform(record, transformations, context, interpolation)
  if (selector.transform_before_filtering === true) return records.map(transformed).filter(passes)
  return records.filter(passes).map(transformed)
}

function transform(
  record: JsonObject,
  transformations: readonly TransformationComponent[],
  context: Context,
  interpolation: Interpolation,
): JsonObject {
  for (const transformation of transformations) {
    const { condition, $parameters } = transformation
    if (transformation.type === 'RemoveFields') {
      for (const pointer of transformation.field_pointers) {
        const path = pointer.map((part) => interpolation.text(part, $parameters))
        if (
          !condition ||
          valuesAt(record, path).some((property) => interpolation.condition(condition, $parameters, { ...context, record, property }))
        ) {
          removeAt(record, path)
        }
      }
      continue
    }
    for (const field of transformation.fields) {
      const path = field.path.map((part) => interpolation.text(part, field.$parameters))
      const value = addedValue(field, { ...context, record }, interpolation)
      if (!condition || interpolation.condition(condition, $parameters, { ...context, record, value, path })) setAt(record, path, value)
    }
  }
  return record
}

type AddedField = Extract<TransformationComponent, { type: 'AddFields' }>['fields'][number]

/** The literal value, where it is of the wanted type; else the text as rendered (CDK, `valid_types`). */
function addedValue(field: AddedField, context: Context, interpolation: Interpolation): Json {
  const value = interpolation.json(field.value, field.$parameters, context)
  const isWanted =
    field.value_type === undefined ||
    value === null ||
    (field.value_type === 'number' && typeof value === 'number') ||
    (field.value_type === 'integer' && Number.isInteger(value)) ||
    (field.value_type === 'boolean' && typeof value === 'boolean') ||
    typeof value === 'string'
  return isWanted ? value : interpolation.text(field.value, field.$parameters, context)
}
