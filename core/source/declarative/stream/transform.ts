import type { Json, JsonObject } from '../../../lib/json.ts'
import { customOf } from '../custom.ts'
import type { Context, Interpolation } from '../interpolation.ts'
import type { AddedFieldComponent, TransformationComponent } from '../manifest/record-component.ts'
import { customPlace, type Engine } from './engine.ts'
import { flattenAt, flattened } from './flatten.ts'
import { isObject, removeAt, setAt } from './path.ts'
import { snakeCase } from './snake-case.ts'

/** A record with the manifest's transformations made, in their order. Changes the record where it can. */
export function transform(
  record: JsonObject,
  transformations: readonly TransformationComponent[],
  context: Context,
  engine: Engine,
): JsonObject {
  return transformations.reduce((current, transformation) => apply(current, transformation, context, engine), record)
}

function apply(record: JsonObject, transformation: TransformationComponent, context: Context, engine: Engine): JsonObject {
  const { interpolation } = engine
  const { $parameters } = transformation
  switch (transformation.type) {
    case 'AddFields':
      return addFields(record, transformation, context, interpolation)
    case 'RemoveFields':
      return removeFields(record, transformation, context, interpolation)
    case 'KeysToLower':
      return withKeys(record, (key) => key.toLowerCase())
    case 'KeysToSnakeCase':
      return withKeysDeep(record, snakeCase) as JsonObject
    case 'KeysReplace': {
      const [old, fresh] = [transformation.old, transformation.new].map((source) =>
        interpolation.text(source, $parameters, { ...context, record }),
      )
      return withKeysInObjects(record, (key) => (old === '' ? key : key.replaceAll(old!, () => fresh!)))
    }
    case 'FlattenFields':
      return flattened(record, transformation.flatten_lists)
    case 'DpathFlattenFields': {
      const path = transformation.field_path.map((part) => interpolation.text(part, $parameters))
      const { prefix = '', suffix = '' } = transformation.key_transformation ?? {}
      return flattenAt(record, path, {
        rename: (key) => `${interpolation.text(prefix, $parameters)}${key}${interpolation.text(suffix, $parameters)}`,
        isMoved: transformation.delete_origin_value,
        isAlone: transformation.replace_record,
      })
    }
    case 'CustomTransformation':
      return customOf(engine.custom, transformation)(record, customPlace(transformation, context, engine))
  }
}

export function addFields(
  record: JsonObject,
  { fields, condition, $parameters }: { fields: readonly AddedFieldComponent[]; condition: string; $parameters: JsonObject },
  context: Context,
  interpolation: Interpolation,
): JsonObject {
  for (const field of fields) {
    const path = field.path.map((part) => interpolation.text(part, field.$parameters, { ...context, record }))
    const value = typedValue(field.value, field.value_type, field.$parameters, { ...context, record }, interpolation)
    if (!condition || interpolation.condition(condition, $parameters, { ...context, record, value, path })) setAt(record, path, value)
  }
  return record
}

export function removeFields(
  record: JsonObject,
  { field_pointers, condition, $parameters }: { field_pointers: readonly string[][]; condition: string; $parameters: JsonObject },
  context: Context,
  interpolation: Interpolation,
): JsonObject {
  for (const pointer of field_pointers) {
    const path = pointer.map((part) => interpolation.text(part, $parameters))
    const holds = (property: Json) => !condition || interpolation.condition(condition, $parameters, { ...context, record, property })
    removeAt(record, path, holds)
  }
  return record
}

/** The literal value, where it is of the wanted type; else the text as rendered (CDK, `valid_types`). */
export function typedValue(
  source: string,
  type: AddedFieldComponent['value_type'],
  parameters: JsonObject,
  context: Context,
  interpolation: Interpolation,
): Json {
  const value = interpolation.json(source, parameters, context)
  const isWanted =
    type === undefined ||
    value === null ||
    (type === 'number' && typeof value === 'number') ||
    (type === 'integer' && Number.isInteger(value)) ||
    (type === 'boolean' && typeof value === 'boolean') ||
    typeof value === 'string'
  return isWanted ? value : interpolation.text(source, parameters, context)
}

function withKeys(record: JsonObject, rename: (key: string) => string): JsonObject {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [rename(key), value]))
}

function withKeysDeep(value: Json, rename: (key: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => withKeysDeep(item, rename))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [rename(key), withKeysDeep(item, rename)]))
}

/** In objects within objects, not in lists, as the CDK does for KeysReplace. */
function withKeysInObjects(record: JsonObject, rename: (key: string) => string): JsonObject {
  const entries = Object.entries(record).map(([key, value]): [string, Json] => [
    rename(key),
    isObject(value) ? withKeysInObjects(value, rename) : value,
  ])
  return Object.fromEntries(entries)
}
