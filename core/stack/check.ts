import { z } from 'zod'
import { didYouMean } from '../lib/suggest.ts'
import type { Problem } from './stack.ts'
import type { ParsedYaml } from './yaml.ts'

type JsonSchema = { [key: string]: any }

/** Checks parsed YAML with a schema: the content, or each issue as a problem with its place and mend. */
export function checkYaml<Content>(schema: z.ZodType<Content>, yaml: ParsedYaml, file: string): { content?: Content; problems: Problem[] } {
  if (yaml.problems.length > 0) return { problems: yaml.problems }
  const result = schema.safeParse(yaml.value)
  if (result.success) return { content: result.data, problems: [] }
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  return { problems: result.error.issues.flatMap((issue) => describeIssue(issue, json, yaml, file)) }
}

type Issue = z.core.$ZodIssue

function describeIssue(issue: Issue, schema: JsonSchema, yaml: ParsedYaml, file: string): Problem[] {
  const path = issue.path.map(String)
  const field = path.join('.')
  const value = valueAt(yaml.value, path)
  const variants = schemasAt(schema, path, yaml.value)
  const problem = (code: string, message: string, mend: string | undefined, at = nearest(yaml.values, path)): Problem => ({
    severity: 'error',
    code,
    fault: 'config',
    retryable: false,
    message,
    at: { file, ...at, ...(field === '' ? {} : { field }) },
    ...(mend === undefined ? {} : { mend }),
  })

  if (issue.code === 'unrecognized_keys') {
    const known = [...new Set(variants.flatMap((variant) => Object.keys(variant.properties ?? {})))]
    return issue.keys.map((key) => {
      const inner = [...path, key].join('.')
      const unknown = problem('unknown-key', `"${key}" is not a setting here.`, didYouMean(key, known, 'settings'), yaml.keys[inner])
      return { ...unknown, at: { ...unknown.at, field: inner } }
    })
  }
  if (yaml.value === null || yaml.value === undefined) {
    const required = ((variants[0]?.required ?? []) as string[]).filter((key) =>
      variants.every((variant) => variant.required?.includes(key)),
    )
    return [problem('invalid-file', 'The file is empty.', `It needs: ${required.join(', ')}.`)]
  }
  const description = variants.find((variant) => variant.description)?.description as string | undefined
  if (value === undefined) {
    return [problem('missing-setting', `"${field}" is missing.`, description, nearest(yaml.values, path.slice(0, -1)))]
  }
  const choices = choicesOf(variants)
  if (choices.length > 0) {
    const mend = typeof value === 'string' ? didYouMean(value, choices, 'values') : `It is one of: ${choices.join(', ')}.`
    return [problem('invalid-setting', `${field} cannot be ${show(value)}; it is one of: ${choices.join(', ')}.`, mend)]
  }
  if (issue.code === 'invalid_union') {
    // Blame the variant that shares a key with what was written; without one, say what there is.
    const keys = variants.flatMap((variant) => Object.keys(variant.properties ?? {}))
    const index = variants.findIndex((variant) => Object.keys(variant.properties ?? {}).some((key) => isRecord(value) && key in value))
    const inner = index >= 0 ? issue.errors[index] : undefined
    if (inner !== undefined) {
      return inner.flatMap((item) => describeIssue({ ...item, path: [...issue.path, ...item.path] }, schema, yaml, file))
    }
    const given = isRecord(value) ? Object.keys(value)[0] : undefined
    return [
      problem(
        'invalid-setting',
        `${field || 'This'} cannot be ${show(value)}; it is one of: ${keys.join(', ') || 'other types'}.`,
        given === undefined ? description : didYouMean(given, keys, 'forms'),
      ),
    ]
  }
  return [problem('invalid-setting', `${field || 'The file'}: ${lowerFirst(issue.message.replace(/^Invalid input: /, ''))}.`, description)]
}

/** The place of the innermost part of a path that is written in the file. */
export function nearest<Found>(places: Record<string, Found>, path: readonly string[]): Found | undefined {
  for (let length = path.length; length >= 0; length--) {
    const found = places[path.slice(0, length).join('.')]
    if (found !== undefined) return found
  }
  return undefined
}

/** The schemas that may stand at a path, narrowed by what the data says in `kind` or `type`. */
function schemasAt(schema: JsonSchema, path: readonly string[], data: unknown, root = schema): JsonSchema[] {
  const variants = narrow(schema, data, root)
  const [first, ...rest] = path
  if (first === undefined) return variants
  return variants.flatMap((variant) => {
    const inner = variant.properties?.[first] ?? variant.items ?? variant.additionalProperties
    return isRecord(inner)
      ? schemasAt(inner, rest, isRecord(data) || Array.isArray(data) ? (data as JsonSchema)[first] : undefined, root)
      : []
  })
}

function narrow(schema: JsonSchema, data: unknown, root: JsonSchema): JsonSchema[] {
  // How zod writes a schema that holds itself: #/$defs/name.
  if (typeof schema.$ref === 'string') return narrow(valueAt(root, schema.$ref.split('/').slice(1)) as JsonSchema, data, root)
  const variants = (schema.oneOf ?? schema.anyOf) as JsonSchema[] | undefined
  if (variants === undefined) return [schema]
  const matching = variants.filter((variant) =>
    Object.entries(variant.properties ?? {}).some(([key, property]) => {
      const allowed = choicesOf([property as JsonSchema])
      return allowed.length > 0 && isRecord(data) && allowed.includes(String(data[key]))
    }),
  )
  return (matching.length > 0 ? matching : variants).flatMap((variant) => narrow(variant, data, root))
}

function choicesOf(schemas: readonly JsonSchema[]): string[] {
  return [
    ...new Set(schemas.flatMap((schema) => (schema.const === undefined ? ((schema.enum ?? []) as unknown[]) : [schema.const])).map(String)),
  ]
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value
  for (const key of path) current = isRecord(current) || Array.isArray(current) ? (current as JsonSchema)[key] : undefined
  return current
}

function isRecord(value: unknown): value is Record<string, any> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
