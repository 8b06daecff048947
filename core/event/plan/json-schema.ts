import { format as formats } from '@cfworker/json-schema'
import { z } from 'zod'
import { faultsOf } from './schema-faults.ts'
import type { JsonSchema, JsonSchemaObject } from './schema-type.ts'

/*
 * The JSON Schemas a plan may hold: drafts 7, 2019-09 and 2020-12 as far as the validator knows them. A keyword it does
 * not know is a mistake here, though the specification lets it pass (2020-12 core, 4.3.1): it would check nothing, and be
 * a misspelling as a rule. So is a format it does not know. Left out is uniqueItems, for which the validator compares each
 * item with each: a list of 3,000 small objects, 32 KB, takes it 0.4 s.
 */

const schema = z.lazy((): z.ZodType<JsonSchema> => z.union([z.boolean(), object as unknown as z.ZodType<JsonSchemaObject>]))
const schemas = z.array(schema).min(1)
const items = z.lazy((): z.ZodType => z.union([z.boolean(), object, schemas]))
const bySchema = z.record(z.string(), schema)
const count = z.number().int().min(0)
const typeName = z.enum(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'])

const keywords = {
  // Annotations.
  title: z.string(),
  description: z.string(),
  $comment: z.string(),
  default: z.unknown(),
  examples: z.array(z.unknown()),
  deprecated: z.boolean(),
  readOnly: z.boolean(),
  writeOnly: z.boolean(),
  // Any value.
  type: z.union([typeName, z.array(typeName).min(1)]),
  enum: z.array(z.unknown()).min(1),
  const: z.unknown(),
  // Composition.
  $ref: z.string().regex(/^#(?:\/.*)?$/, 'must point into the same schema: "#/$defs/…"'),
  $defs: bySchema,
  definitions: bySchema,
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  not: schema,
  if: schema,
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nothing awaits this
  then: schema,
  else: schema,
  // Objects.
  properties: bySchema,
  patternProperties: bySchema,
  additionalProperties: schema,
  unevaluatedProperties: schema,
  propertyNames: schema,
  required: z.array(z.string()),
  dependentRequired: z.record(z.string(), z.array(z.string())),
  dependentSchemas: bySchema,
  dependencies: z.record(z.string(), z.union([z.array(z.string()), schema])),
  minProperties: count,
  maxProperties: count,
  // Lists.
  items,
  prefixItems: schemas,
  additionalItems: schema,
  unevaluatedItems: schema,
  contains: schema,
  minItems: count,
  maxItems: count,
  // Numbers.
  minimum: z.number(),
  maximum: z.number(),
  exclusiveMinimum: z.number(),
  exclusiveMaximum: z.number(),
  multipleOf: z.number().positive(),
  // Strings.
  minLength: count,
  maxLength: count,
  pattern: z.string(),
  format: z.enum(Object.keys(formats) as [string, ...string[]]),
}

const object = z.strictObject(keywords).partial()

/** The schema of one event: an object of keywords, with what only the whole shows checked too (patterns, references). */
export const rootSchema = object
  .extend({
    $schema: z
      .string()
      .regex(/json-schema\.org\/(?:draft-07|draft\/2019-09|draft\/2020-12)\/schema/, 'must be draft 7, 2019-09 or 2020-12 of JSON Schema')
      .optional(),
    $id: z.string().optional(),
  })
  .superRefine((value, context) => {
    for (const { path, message } of faultsOf(value as JsonSchemaObject)) context.addIssue({ code: 'custom', path, message })
  }) as unknown as z.ZodType<JsonSchemaObject>
