import type { OutputUnit } from '@cfworker/json-schema'
import type { Keys } from './drop.ts'
import type { JsonSchemaObject } from './schema-type.ts'
import type { Rule } from './plan.ts'
import { resolve } from './schema-faults.ts'

/** What of a payload does not hold. */
export interface Fault {
  rule: Exclude<Rule, 'unplanned_event'>
  keys: Keys
  /** What the plan wants there, as in "must be number"; never the value that is there. */
  message: string
}

interface Setting {
  /** The keyword around the one that failed. */
  wrapper: string | undefined
  /** The whole schema, and the whole value it was held against. */
  schema: JsonSchemaObject
  value: unknown
}

/** An error of the validator as what it means for a plan; several where one keyword wants several properties. */
export function* fault(error: OutputUnit, { wrapper, schema, value }: Setting): Generator<Fault> {
  const keys = keysOf(error.instanceLocation)
  const { keyword } = error
  const wanted = keywordValue(schema, error.keywordLocation)
  if (wrapper === 'propertyNames') yield { rule: 'unplanned_property', keys, message: 'has a name that the plan does not allow' }
  else if (keyword === 'false') {
    if (wrapper?.toLowerCase().endsWith('items')) yield { rule: 'invalid_value', keys, message: 'must not be in the list' }
    else yield { rule: 'unplanned_property', keys, message: 'is not in the plan' }
  } else if (keyword === 'required') {
    const there = at(value, keys)
    for (const name of wanted as string[])
      if (!Object.hasOwn(there as object, name)) yield { rule: 'required_missing', keys: [...keys, name], message: 'is required' }
  } else if (keyword === 'dependentRequired' || keyword === 'dependencies')
    yield { rule: 'required_missing', keys, message: 'lacks a property that another one requires' }
  else if (keyword === 'type') {
    const message = `must be ${listed(wanted)}, not ${typeName(at(value, keys))}`
    yield { rule: 'datatype_mismatch', keys, message }
  } else yield { rule: 'invalid_value', keys, message: messageOf(keyword, wanted) }
}

function messageOf(keyword: string, wanted: unknown): string {
  const text = JSON.stringify(wanted) ?? ''
  switch (keyword) {
    case 'enum':
      return `must be one of ${(wanted as unknown[]).map((item) => JSON.stringify(item)).join(', ')}`.slice(0, 500)
    case 'const':
      return `must be ${text}`.slice(0, 500)
    case 'format':
      return `must have the format ${wanted as string}`
    case 'pattern':
      return `must match ${text}`
    case 'minimum':
      return `must be at least ${text}`
    case 'maximum':
      return `must be at most ${text}`
    case 'exclusiveMinimum':
      return `must be more than ${text}`
    case 'exclusiveMaximum':
      return `must be less than ${text}`
    case 'multipleOf':
      return `must be a multiple of ${text}`
    case 'minLength':
      return `must have at least ${text} characters`
    case 'maxLength':
      return `must have at most ${text} characters`
    case 'minItems':
      return `must have at least ${text} items`
    case 'maxItems':
      return `must have at most ${text} items`
    case 'minProperties':
      return `must have at least ${text} properties`
    case 'maxProperties':
      return `must have at most ${text} properties`
    default:
      return `does not satisfy ${keyword}`
  }
}

/** What a keyword says, by the validator's way to it: a JSON pointer that goes on through references. */
function keywordValue(root: JsonSchemaObject, location: string): unknown {
  let value: unknown = root
  for (const key of keysOf(location)) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[key]
    if (key === '$ref' && typeof value === 'string') value = resolve(root, value)
  }
  return value
}

function at(value: unknown, keys: Keys): unknown {
  return keys.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  )
}

/** `#/customer/first~1name`, a JSON pointer as a URI's fragment (RFC 6901, 6), is customer, first/name. */
function keysOf(location: string): string[] {
  return location
    .split('/')
    .slice(1)
    .map((part) => (part.includes('%') ? decodeURIComponent(part) : part).replaceAll('~1', '/').replaceAll('~0', '~'))
}

function listed(types: unknown): string {
  return Array.isArray(types) ? types.join(' or ') : String(types)
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
