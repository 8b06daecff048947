import type { JsonSchema, JsonSchemaObject } from './schema-type.ts'

/** Keywords that may name properties elsewhere: an object that has one is closed only where it says so itself. */
const composing = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'dependentSchemas', 'dependencies']

/**
 * A schema whose objects have no properties but those they list, so that a plan need not say `additionalProperties: false`
 * everywhere: a plan is a list of what is planned. An object that says `additionalProperties` or `unevaluatedProperties`,
 * lists no properties, or is composed of other schemas stays as it is.
 */
export function closed(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema
  const copy: JsonSchemaObject = { ...schema }
  if (isSchema(schema['items'])) copy['items'] = closed(schema['items'])
  if (typeof schema['properties'] === 'object' && schema['properties'] !== null) {
    const properties = Object.entries(schema['properties'] as Record<string, JsonSchema>)
    copy['properties'] = Object.fromEntries(properties.map(([name, property]) => [name, closed(property)]))
    const says = [...composing, 'additionalProperties', 'unevaluatedProperties'].some((keyword) => schema[keyword] !== undefined)
    if (!says) copy['additionalProperties'] = false
  }
  return copy
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}
