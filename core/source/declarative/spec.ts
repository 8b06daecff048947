import { MillraceError } from '../../lib/error.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { Manifest } from './manifest/read.ts'
import { isObject } from './stream/path.ts'

/** The manifest's `connection_specification`: the JSON Schema of its config. */
export function connectionSpec(manifest: Manifest): JsonObject {
  const spec = isObject(manifest.spec) ? manifest.spec.connection_specification : undefined
  return isObject(spec) ? spec : { type: 'object' }
}

/**
 * The config with the spec's defaults filled in. Throws `invalid-config` (config) naming the setting
 * that is missing or of the wrong type; deeper rules (patterns, oneOf) are the API's to judge.
 */
export function readConfig(manifest: Manifest, config: JsonObject): JsonObject {
  return complete(connectionSpec(manifest), config, [])
}

function complete(schema: JsonObject, config: JsonObject, path: readonly string[]): JsonObject {
  const result: JsonObject = { ...config }
  const properties = isObject(schema.properties) ? schema.properties : {}
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property)) continue
    if (result[name] === undefined && property.default !== undefined) result[name] = property.default
    const value = result[name]
    if (value === undefined || value === null) continue
    checkType(property, value, [...path, name])
    if (isObject(value)) result[name] = complete(property, value, [...path, name])
  }
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (typeof name === 'string' && (result[name] === undefined || result[name] === null)) {
      throw invalidConfig([...path, name], 'is missing')
    }
  }
  return result
}

function checkType(property: JsonObject, value: Json, path: readonly string[]): void {
  const types = [property.type ?? []].flat()
  if (types.length === 0 || types.some((type) => isOfType(type, value))) {
    if (Array.isArray(property.enum) && !property.enum.some((choice) => choice === value)) {
      throw invalidConfig(path, `is not one of ${property.enum.map((choice) => JSON.stringify(choice)).join(', ')}`)
    }
    return
  }
  throw invalidConfig(path, `is not of type ${types.join(' or ')}`)
}

function isOfType(type: Json, value: Json): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'null') return value === null
  return typeof value === type
}

function invalidConfig(path: readonly string[], reason: string): MillraceError {
  const name = path.join('.')
  return new MillraceError({
    code: 'invalid-config',
    fault: 'config',
    message: `The setting "${name}" of the source's config ${reason}.`,
    mend: 'Correct it under config.config of the source file.',
    at: { field: `config.${name}` },
  })
}
