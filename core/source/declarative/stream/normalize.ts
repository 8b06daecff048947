import type { Json } from '../../../lib/json.ts'
import { toText } from '../expression/text.ts'
import { fromJson } from '../expression/value.ts'
import { isObject } from './path.ts'

/**
 * A record whose values are brought to the types of the stream's schema where that is possible without a
 * doubt (component schema, "SchemaNormalization": Default). What cannot be converted stays as it is.
 */
export function normalized(value: Json, schema: Json | undefined): Json {
  if (!isObject(schema) || value === null) return value
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null')
  if (isObject(value) && types.includes('object')) {
    const properties = isObject(schema.properties) ? schema.properties : {}
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalized(item, properties[key])]))
  }
  if (Array.isArray(value) && types.includes('array')) return value.map((item) => normalized(item, schema.items))
  // With several types to choose from, none is more right than what the API sent.
  return types.length === 1 ? converted(value, types[0]!) : value
}

function converted(value: Json, type: Json): Json {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : toText(fromJson(value))
    case 'integer':
      return typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value) ? wholeNumber(value) : truncated(value)
    case 'number':
      return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : asNumber(value)
    case 'boolean':
      return typeof value === 'string'
        ? (booleans.get(value.trim().toLowerCase()) ?? value)
        : value === 1
          ? true
          : value === 0
            ? false
            : value
    case 'array':
      return Array.isArray(value) ? value : [value]
    default:
      return value
  }
}

/** The words of Python's strtobool. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['y', 'yes', 't', 'true', 'on', '1'].map((word): [string, boolean] => [word, true]),
  ...['n', 'no', 'f', 'false', 'off', '0'].map((word): [string, boolean] => [word, false]),
])

/** An integer beyond what a number carries exactly keeps its digits. */
function wholeNumber(text: string): Json {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

function truncated(value: Json): Json {
  return typeof value === 'boolean' ? Number(value) : typeof value === 'number' ? Math.trunc(value) : value
}

function asNumber(value: Json): Json {
  return typeof value === 'boolean' ? Number(value) : value
}
