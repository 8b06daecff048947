import type { Json, JsonObject } from '../lib/json.ts'
import { parseDate, parseTime } from './time.ts'

/** The type of a column, without its nullability. Elements of arrays are scalars, objects, or anything as JSON text. */
export type Scalar = 'Bool' | 'Int64' | 'Float64' | 'Date32' | 'DateTime64' | 'String'
export type Shape = Scalar | 'JSON' | `Array(${Scalar | 'JSON'})`

/**
 * As ClickHouse has it. Scalars are Nullable: a missing number is not 0. Objects and lists are not:
 * a missing one is `{}` or `[]`, which is how ClickHouse reads their parts without a NULL check.
 */
export function clickHouseType(shape: Shape, isKey = false): string {
  const element = elementOf(shape)
  if (element !== undefined) return element === 'JSON' ? 'Array(JSON)' : `Array(Nullable(${scalarType(element)}))`
  if (shape === 'JSON') return 'JSON'
  return isKey ? scalarType(shape as Scalar) : `Nullable(${scalarType(shape as Scalar)})`
}

/** The shape of a column that exists; undefined for a type that the pipeline never makes. */
export function shapeOfType(type: string): Shape | undefined {
  const bare = type.replaceAll(/Nullable\(((?:[^()]|\([^()]*\))*)\)/g, '$1').replaceAll(/DateTime64\([^)]*\)/g, 'DateTime64')
  return shapes.has(bare) ? (bare as Shape) : undefined
}

/** The narrowest shape that holds both without loss; String, as JSON text, holds everything. */
export function join(a: Shape, b: Shape): Shape {
  if (a === b) return a
  const [first, second] = [elementOf(a), elementOf(b)]
  if (first !== undefined && second !== undefined) {
    const element = join(first, second)
    return `Array(${element as Scalar | 'JSON'})`
  }
  const pair = new Set<Shape>([a, b])
  if (pair.has('Int64') && pair.has('Float64')) return 'Float64'
  if (pair.has('Date32') && pair.has('DateTime64')) return 'DateTime64'
  return 'String'
}

/** The shape that a value asks for; undefined when it says nothing (null, an empty list). */
export function shapeOfValue(value: Json | undefined): Shape | undefined {
  if (value === null || value === undefined) return undefined
  switch (typeof value) {
    case 'boolean':
      return 'Bool'
    case 'number':
      return Number.isSafeInteger(value) ? 'Int64' : 'Float64'
    case 'string':
      if (value.length < 10 || value.length > 35) return 'String'
      return parseDate(value) !== undefined ? 'Date32' : parseTime(value) !== undefined ? 'DateTime64' : 'String'
    case 'object':
      return Array.isArray(value) ? shapeOfList(value) : 'JSON'
  }
}

/** The shape that a JSON Schema declares; undefined when it leaves it open. */
export function declaredShape(schema: Json | undefined): Shape | undefined {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) return undefined
  const alternatives = schema.anyOf ?? schema.oneOf
  if (schema.type === undefined && Array.isArray(alternatives)) {
    const shapes = alternatives.filter((option) => !isNullSchema(option)).map(declaredShape)
    return shapes.includes(undefined) ? undefined : joinAll(shapes as Shape[])
  }
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null')
  const found = types.map((type) => shapeOfSchemaType(type, schema))
  return found.includes(undefined) ? undefined : joinAll(found as Shape[])
}

const scalars: readonly Scalar[] = ['Bool', 'Int64', 'Float64', 'Date32', 'DateTime64', 'String']
const shapes: ReadonlySet<string> = new Set([...scalars, 'JSON', 'Array(JSON)', ...scalars.map((scalar) => `Array(${scalar})`)])

export function elementOf(shape: Shape): Scalar | 'JSON' | undefined {
  return shape.startsWith('Array(') ? (shape.slice(6, -1) as Scalar | 'JSON') : undefined
}

function scalarType(scalar: Scalar): string {
  return scalar === 'DateTime64' ? "DateTime64(3, 'UTC')" : scalar
}

function joinAll(shapes: readonly Shape[]): Shape | undefined {
  return shapes.length === 0 ? undefined : shapes.reduce(join)
}

function shapeOfList(items: readonly Json[]): Shape | undefined {
  const found = items.flatMap((item) => shapeOfValue(item) ?? (Array.isArray(item) ? ['String' as const] : []))
  if (found.length === 0) return undefined
  const element = found.map((shape) => (elementOf(shape) === undefined ? shape : 'String')).reduce(join)
  // A list of objects with a null among them has no column type of its own.
  const hasNullObject = element === 'JSON' && items.some((item) => item === null)
  return `Array(${hasNullObject ? 'String' : (element as Scalar | 'JSON')})`
}

function shapeOfSchemaType(type: Json, schema: JsonObject): Shape | undefined {
  const airbyteType = schema.airbyte_type
  switch (type) {
    case 'boolean':
      return 'Bool'
    case 'integer':
      return 'Int64'
    case 'number':
      return airbyteType === 'integer' ? 'Int64' : 'Float64'
    case 'string':
      if (schema.format === 'date-time' || (typeof airbyteType === 'string' && airbyteType.startsWith('timestamp'))) return 'DateTime64'
      return schema.format === 'date' ? 'Date32' : 'String'
    case 'object':
      return 'JSON'
    case 'array': {
      const element = declaredShape(schema.items)
      if (element === undefined) return undefined
      return `Array(${elementOf(element) === undefined ? (element as Scalar | 'JSON') : 'String'})`
    }
    default:
      return undefined
  }
}

function isNullSchema(schema: Json): boolean {
  return schema !== null && typeof schema === 'object' && !Array.isArray(schema) && schema.type === 'null'
}
