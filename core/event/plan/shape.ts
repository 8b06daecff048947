import { format as formats } from '@cfworker/json-schema'
import { isRawNumber } from '../schema.ts'
import type { JsonSchemaObject } from './schema-type.ts'

export interface ShapeOptions {
  /** Share of the objects that have a property from which on it is required. */
  requiredFrom: number
  /** Strings with at most so many different values, each seen 20 times over on average, become an enum; 0: none do. */
  enumUpTo: number
}

/** An object with more keys than that is a map: its keys are data, and not properties. */
const maxKeys = 200
const maxDepth = 8
/** How often, on average, each value of an enum must have been seen. */
const seenEach = 20

type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null'

/** What the values at one place have in common, as a JSON Schema that all of them satisfy. */
export class Shape {
  readonly #options: ShapeOptions
  readonly #depth: number
  readonly #types = new Set<TypeName>()
  /** Formats that every string so far has had. */
  #formats = ['date-time', 'date']
  readonly #texts = new Set<string>()
  readonly #properties = new Map<string, { shape: Shape; count: number }>()
  #isMap = false
  #items: Shape | undefined
  #strings = 0
  #objects = 0

  constructor(options: ShapeOptions, depth = 0) {
    this.#options = options
    this.#depth = depth
  }

  add(value: unknown): void {
    const type = typeOf(value)
    this.#types.add(type)
    if (type === 'string') this.#addText(value as string)
    else if (type === 'array') {
      if (this.#depth >= maxDepth) return
      this.#items ??= new Shape(this.#options, this.#depth + 1)
      for (const item of value as unknown[]) this.#items.add(item)
    } else if (type === 'object') this.#addObject(value as Record<string, unknown>)
  }

  schema(): JsonSchemaObject {
    // Every integer is a number too.
    const types = [...this.#types].filter((type) => type !== 'integer' || !this.#types.has('number')).toSorted()
    const schema: JsonSchemaObject = types.length === 0 ? {} : { type: types.length === 1 ? types[0]! : types }
    if (this.#isEnum()) schema['enum'] = [...this.#texts].toSorted()
    else if (this.#strings > 0 && this.#formats.length > 0) schema['format'] = this.#formats[0]
    if (this.#items !== undefined && this.#items.#types.size > 0) schema['items'] = this.#items.schema()
    // An event that never had properties is planned to have none; of an object within, nothing is known.
    if (this.#isMap || (this.#properties.size === 0 && this.#depth > 0)) return schema
    const byName = [...this.#properties].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const required = byName.filter(([, { count }]) => count >= this.#options.requiredFrom * this.#objects).map(([name]) => name)
    if (required.length > 0) schema['required'] = required
    schema['properties'] = Object.fromEntries(byName.map(([name, { shape }]) => [name, shape.schema()]))
    return schema
  }

  #addText(text: string): void {
    this.#strings++
    if (this.#formats.length > 0) this.#formats = this.#formats.filter((format) => formats[format]!(text))
    if (this.#texts.size <= this.#options.enumUpTo) this.#texts.add(text)
  }

  #addObject(object: Record<string, unknown>): void {
    this.#objects++
    if (this.#depth >= maxDepth) return
    for (const [name, value] of Object.entries(object)) {
      if (value === null || value === undefined || this.#isMap) continue
      let property = this.#properties.get(name)
      if (property === undefined) {
        if (this.#properties.size >= maxKeys) {
          this.#isMap = true
          this.#properties.clear()
          return
        }
        property = { shape: new Shape(this.#options, this.#depth + 1), count: 0 }
        this.#properties.set(name, property)
      }
      property.count++
      property.shape.add(value)
    }
  }

  #isEnum(): boolean {
    const { enumUpTo } = this.#options
    return this.#types.size === 1 && this.#strings > 0 && this.#texts.size <= enumUpTo && this.#strings >= seenEach * this.#texts.size
  }
}

function typeOf(value: unknown): TypeName {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return isRawNumber(value) ? 'integer' : (typeof value as TypeName)
}
