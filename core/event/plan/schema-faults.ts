import type { JsonSchemaObject } from './schema-type.ts'

/** Something wrong with a schema, and where in it. */
export interface SchemaFault {
  path: string[]
  message: string
}

/** Keywords whose schemas apply to the very same value: a circle of them would never end. */
const inPlace = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', 'dependencies']
/** Keywords that hold schemas: one or a list of them, or a map. */
const holdingSchemas = (
  'not if then else allOf anyOf oneOf items prefixItems additionalItems unevaluatedItems contains ' +
  'additionalProperties unevaluatedProperties propertyNames'
).split(' ')
const holdingMaps = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']

/** What is wrong with a schema besides its keywords: patterns that are none, references that lead nowhere or in a circle. */
export function faultsOf(root: JsonSchemaObject): SchemaFault[] {
  const faults: SchemaFault[] = []
  for (const { schema, path } of schemasIn(root, [])) {
    const patterns = [
      ...(typeof schema['pattern'] === 'string' ? [{ pattern: schema['pattern'], at: 'pattern' }] : []),
      ...Object.keys(asObject(schema['patternProperties'])).map((pattern) => ({ pattern, at: 'patternProperties' })),
    ]
    for (const { pattern, at } of patterns) {
      if (!isPattern(pattern)) faults.push({ path: [...path, at], message: `"${pattern}" is not a regular expression` })
    }
    const reference = schema['$ref']
    if (typeof reference !== 'string') continue
    if (resolve(root, reference) === undefined) faults.push({ path: [...path, '$ref'], message: `there is no ${reference} in the schema` })
    else if (returns(root, schema)) faults.push({ path: [...path, '$ref'], message: `${reference} leads back here: it would never end` })
  }
  return faults
}

/** What a reference of a schema points at: `#` or a JSON pointer after it (RFC 6901); undefined when nothing is there. */
export function resolve(root: JsonSchemaObject, reference: string): unknown {
  let value: unknown = root
  for (const part of reference.split('/').slice(1)) {
    const key = decode(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return typeof value === 'object' || typeof value === 'boolean' ? value : undefined
}

/** Every schema that is an object, the given one included, and where it stands. */
function* schemasIn(value: unknown, path: string[]): Generator<{ schema: JsonSchemaObject; path: string[] }> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* schemasIn(item, [...path, String(index)])
  else if (typeof value === 'object' && value !== null) {
    const schema = value as JsonSchemaObject
    yield { schema, path }
    for (const keyword of holdingSchemas) yield* schemasIn(schema[keyword], [...path, keyword])
    for (const keyword of holdingMaps)
      for (const [key, child] of Object.entries(asObject(schema[keyword]))) yield* schemasIn(child, [...path, keyword, key])
  }
}

/** Whether a schema applies to the value it applies to already. */
function returns(root: JsonSchemaObject, start: JsonSchemaObject): boolean {
  const reached = new Set<unknown>()
  const open: unknown[] = appliedBy(root, start)
  for (let schema = open.pop(); schema !== undefined; schema = open.pop()) {
    if (schema === start) return true
    if (reached.has(schema) || typeof schema !== 'object' || schema === null) continue
    reached.add(schema)
    open.push(...appliedBy(root, schema as JsonSchemaObject))
  }
  return false
}

function appliedBy(root: JsonSchemaObject, schema: JsonSchemaObject): unknown[] {
  const reference = schema['$ref']
  return [
    ...(typeof reference === 'string' ? [resolve(root, reference)] : []),
    ...inPlace.flatMap((keyword) => {
      const value = schema[keyword]
      const byKey = keyword === 'dependentSchemas' || keyword === 'dependencies'
      return Array.isArray(value) ? value : byKey ? Object.values(asObject(value)) : [value]
    }),
  ].filter((applied) => applied !== undefined)
}

function isPattern(text: string): boolean {
  try {
    // What the validator will do with it.
    void new RegExp(text, 'u')
    return true
  } catch {
    return false
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
