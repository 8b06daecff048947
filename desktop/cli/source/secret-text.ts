/**
 * The texts of a manifest's settings that are secret: where its spec (a JSON Schema) says
 * `airbyte_secret`, at any depth and in any alternative. All of them when there is no spec to tell.
 */
export function secretTexts(spec: unknown, settings: unknown): string[] {
  return isObject(spec) ? marked(spec, settings) : texts(settings)
}

function marked(schema: Record<string, unknown>, value: unknown): string[] {
  if (schema['airbyte_secret'] === true) return texts(value)
  const found: string[] = []
  for (const key of ['oneOf', 'anyOf', 'allOf']) {
    for (const alternative of Array.isArray(schema[key]) ? schema[key] : []) {
      if (isObject(alternative)) found.push(...marked(alternative, value))
    }
  }
  if (isObject(schema['properties']) && isObject(value)) {
    for (const [name, property] of Object.entries(schema['properties']))
      if (isObject(property)) found.push(...marked(property, value[name]))
  }
  if (isObject(schema['items']) && Array.isArray(value)) for (const item of value) found.push(...marked(schema['items'], item))
  return found
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : []
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
