import { type Schema, Validator } from '@cfworker/json-schema'
import { z } from 'zod'
import { MillraceError } from '../../lib/error.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import { type CustomComponents, customOf } from './custom.ts'
import { toJson } from './expression/value.ts'
import type { World } from './expression/macro.ts'
import { Interpolation } from './interpolation.ts'
import { customSchema } from './manifest/custom-component.ts'
import { json, parameters, text } from './manifest/field.ts'
import { addedFieldSchema } from './manifest/record-component.ts'
import { isObject, replaceAt, valueAt, valuesAt } from './stream/path.ts'
import { addFields, removeFields } from './stream/transform.ts'

/* What a manifest does with the config before anything else: `config_normalization_rules` of its spec (component schema). */

const transformationSchema = z.discriminatedUnion('type', [
  z.looseObject({
    ...parameters,
    type: z.literal('ConfigRemapField'),
    map: z.union([z.string(), z.record(z.string(), json)]),
    field_path: z.array(text).min(1),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('ConfigAddFields'),
    condition: z.string().default(''),
    fields: z.array(addedFieldSchema),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('ConfigRemoveFields'),
    condition: z.string().default(''),
    field_pointers: z.array(z.array(text).min(1)),
  }),
  customSchema('CustomConfigTransformation'),
])

const strategySchema = z.looseObject({
  type: z.literal('ValidateAdheresToSchema'),
  base_schema: z.union([z.string(), z.record(z.string(), json)]),
})

const rulesSchema = z.looseObject({
  config_migrations: z.array(z.looseObject({ transformations: z.array(transformationSchema).default([]) })).default([]),
  transformations: z.array(transformationSchema).default([]),
  validations: z
    .array(
      z.discriminatedUnion('type', [
        z.looseObject({ ...parameters, type: z.literal('DpathValidator'), field_path: z.array(text), validation_strategy: strategySchema }),
        z.looseObject({ ...parameters, type: z.literal('PredicateValidator'), value: json, validation_strategy: strategySchema }),
      ]),
    )
    .default([]),
})

type Transformation = z.infer<typeof transformationSchema>
type Rules = z.infer<typeof rulesSchema>

/** The rules of a spec. Throws `manifest-unsupported` (config) when they are none. */
export function readRules(spec: Json | undefined): Rules {
  const parsed = rulesSchema.safeParse((isObject(spec) ? spec.config_normalization_rules : undefined) ?? {})
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new MillraceError({
    code: 'manifest-unsupported',
    fault: 'config',
    message: `The manifest's spec.config_normalization_rules.${issue!.path.join('.')} is not understood: ${issue!.message}.`,
    mend: "Compare it with the low-code CDK's component schema.",
  })
}

/** The config brought to the form of today, then as the manifest's streams want it. A new object. */
export function transformConfig(rules: Rules, config: JsonObject, custom: CustomComponents, world: World): JsonObject {
  let current = structuredClone(config)
  for (const step of [...rules.config_migrations.flatMap(({ transformations }) => transformations), ...rules.transformations]) {
    current = transformed(current, step, custom, world)
  }
  return current
}

/** Throws `invalid-config` (config) for the first setting that is not as the manifest wants it. */
export function validateConfig(rules: Rules, config: JsonObject, world: World): void {
  for (const validation of rules.validations) validate(config, validation, world)
}

function transformed(config: JsonObject, step: Transformation, custom: CustomComponents, world: World): JsonObject {
  const interpolation = new Interpolation(config, world)
  switch (step.type) {
    case 'ConfigAddFields':
      return addFields(config, step, {}, interpolation)
    case 'ConfigRemoveFields':
      return removeFields(config, step, {}, interpolation)
    case 'CustomConfigTransformation':
      return customOf(custom, step)(config, { component: step })
    case 'ConfigRemapField': {
      const names = typeof step.map === 'string' ? toJson(interpolation.value(step.map, step.$parameters)) : step.map
      const path = step.field_path.map((part) => interpolation.text(part, step.$parameters))
      const value = valueAt(config, path)
      const isMapped = isObject(names) && (typeof value === 'string' || typeof value === 'number') && Object.hasOwn(names, String(value))
      if (isMapped) replaceAt(config, path, names[String(value)]!)
      return config
    }
  }
}

function validate(config: JsonObject, validation: Rules['validations'][number], world: World): void {
  const interpolation = new Interpolation(config, world)
  const evaluated = (value: Json): Json => (typeof value === 'string' ? interpolation.json(value, validation.$parameters) : value)
  const base = validation.validation_strategy.base_schema
  const schema = typeof base === 'string' ? parsedSchema(evaluated(base)) : base
  const path =
    validation.type === 'DpathValidator' ? validation.field_path.map((part) => interpolation.text(part, validation.$parameters)) : []
  const values =
    validation.type === 'PredicateValidator'
      ? [evaluated(validation.value)]
      : path.includes('*')
        ? valuesAt(config, path)
        : [valueAt(config, path)]
  for (const value of values) {
    // A setting that is not there is the spec's to ask for.
    if (value === undefined) continue
    const result = new Validator(schema as Schema, '7', true).validate(value)
    if (result.valid) continue
    const reason = result.errors.at(-1)?.error ?? 'it does not fit its schema'
    throw new MillraceError({
      code: 'invalid-config',
      fault: 'config',
      message: `The ${path.length === 0 ? "source's config" : `setting "${path.join('.')}" of the source's config`} is not as the manifest wants it: ${reason}`,
      mend: 'Correct it under config.config of the source file.',
      at: { field: ['config', ...path].join('.') },
    })
  }
}

function parsedSchema(value: Json): JsonObject {
  if (isObject(value)) return value
  try {
    const parsed = JSON.parse(String(value)) as Json
    return isObject(parsed) ? parsed : {}
  } catch {
    return {}
  }
}
