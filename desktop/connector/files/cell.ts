import type { Json } from '#core/lib/json.ts'
import type { ColumnType } from './config.ts'

const canonicalInteger = /^-?(0|[1-9]\d*)$/
const canonicalNumber = /^-?(0|[1-9]\d*)?(\.\d*)?(e[+-]?\d+)?$/i
const truths = new Map([
  ...['true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, false] as const),
])

/**
 * What a field of a CSV file stands for in a column of the given type. A field that does not fit stays
 * the text it is: where the type was only inferred the column then widens to text and nothing is lost; where
 * it is declared the text stands in `_millrace_errors`.
 */
export function cellReader(type: ColumnType, isDeclared: boolean, nullValues: readonly string[]): (field: string) => Json {
  const nulls = new Set(nullValues)
  const read = isDeclared ? (declared[type] ?? asText) : (inferred[type] ?? asText)
  return (field) => (nulls.has(field) ? null : read(field))
}

const asText = (field: string): Json => field

const inferred: Partial<Record<ColumnType, (field: string) => Json>> = {
  integer: (field) => (isSafeInteger(field) ? Number(field) : field),
  number: (field) => (isNumber(field) ? Number(field) : field),
  boolean: (field) => truths.get(field) ?? field,
}

/** By the user's word 007 is 7. */
const declared: Partial<Record<ColumnType, (field: string) => Json>> = {
  integer: (field) =>
    field
      .trim()
      .replace(/^([+-]?)0+(?=\d)/, '$1')
      .replace(/^\+/, ''),
  number: (field) =>
    field
      .trim()
      .replace(/^([+-]?)0+(?=\d)/, '$1')
      .replace(/^\+/, ''),
  boolean: (field) => truths.get(field.trim()) ?? field,
}

/** The narrowest type that all fields of a sample have; text where there is none, or nothing to see. */
export function inferType(fields: Iterable<Json | undefined>): ColumnType {
  let candidates = new Set<ColumnType>(['integer', 'number', 'boolean'])
  let isEmpty = true
  for (const field of fields) {
    if (typeof field !== 'string') continue
    isEmpty = false
    candidates = new Set([...candidates].filter((type) => typeof inferred[type]!(field) !== 'string'))
    if (candidates.size === 0) break
  }
  return isEmpty ? 'text' : (candidates.values().next().value ?? 'text')
}

/** 007 is no number but a name: a number would lose its zeros. Nor is what a double cannot hold. */
function isSafeInteger(field: string): boolean {
  return canonicalInteger.test(field) && Number.isSafeInteger(Number(field)) && field !== '-0'
}

/** A double holds any 15 digits (IEEE 754), and more where it prints as the very same. */
function isNumber(field: string): boolean {
  if (isSafeInteger(field)) return true
  if (!canonicalNumber.test(field) || !/\d/.test(field)) return false
  const number = Number(field)
  if (!Number.isFinite(number)) return false
  return String(number) === field || field.replace(/e.*/i, '').replaceAll(/[-.]/g, '').replace(/^0+/, '').length <= 15
}
