import { z } from 'zod'
import { customSchema } from './custom-component.ts'
import { parameters, text } from './field.ts'

/* From an answer to records: extractors, filters, transformations, by the low-code CDK's component schema. */

const dpathExtractorSchema = z.looseObject({ ...parameters, type: z.literal('DpathExtractor'), field_path: z.array(text).default([]) })
const simpleExtractorSchema = z.discriminatedUnion('type', [dpathExtractorSchema, customSchema('CustomRecordExtractor')])

export const extractorSchema = z.discriminatedUnion('type', [
  dpathExtractorSchema,
  customSchema('CustomRecordExtractor'),
  z.looseObject({
    ...parameters,
    type: z.literal('KeyValueExtractor'),
    keys_extractor: simpleExtractorSchema,
    values_extractor: simpleExtractorSchema,
  }),
  z.looseObject({ ...parameters, type: z.literal('CombinedExtractor'), extractors: z.array(simpleExtractorSchema).min(1) }),
  z.looseObject({ ...parameters, type: z.literal('ResponseToFileExtractor') }),
])

export const filterSchema = z.discriminatedUnion('type', [
  z.looseObject({ ...parameters, type: z.literal('RecordFilter'), condition: z.string().default('') }),
  customSchema('CustomRecordFilter'),
])

export const selectorSchema = z.looseObject({
  ...parameters,
  type: z.literal('RecordSelector'),
  extractor: extractorSchema,
  record_filter: filterSchema.optional(),
  transform_before_filtering: z.boolean().optional(),
  schema_normalization: z.union([z.enum(['Default', 'None']), customSchema('CustomSchemaNormalization')]).optional(),
})

export const addedFieldSchema = z.looseObject({
  ...parameters,
  type: z.literal('AddedFieldDefinition'),
  path: z.array(text).min(1),
  value: text,
  value_type: z.enum(['string', 'number', 'integer', 'boolean']).optional(),
})

export const transformationSchema = z.discriminatedUnion('type', [
  z.looseObject({ ...parameters, type: z.literal('AddFields'), condition: z.string().default(''), fields: z.array(addedFieldSchema) }),
  z.looseObject({
    ...parameters,
    type: z.literal('RemoveFields'),
    condition: z.string().default(''),
    field_pointers: z.array(z.array(text).min(1)),
  }),
  z.looseObject({ ...parameters, type: z.literal('KeysToLower') }),
  z.looseObject({ ...parameters, type: z.literal('KeysToSnakeCase') }),
  z.looseObject({ ...parameters, type: z.literal('KeysReplace'), old: text, new: text }),
  z.looseObject({ ...parameters, type: z.literal('FlattenFields'), flatten_lists: z.boolean().default(true) }),
  z.looseObject({
    ...parameters,
    type: z.literal('DpathFlattenFields'),
    field_path: z.array(text).min(1),
    delete_origin_value: z.boolean().default(false),
    replace_record: z.boolean().default(false),
    key_transformation: z.looseObject({ prefix: text.optional(), suffix: text.optional() }).optional(),
  }),
  customSchema('CustomTransformation'),
])

export type ExtractorComponent = z.infer<typeof extractorSchema>
export type FilterComponent = z.infer<typeof filterSchema>
export type SelectorComponent = z.infer<typeof selectorSchema>
export type AddedFieldComponent = z.infer<typeof addedFieldSchema>
export type TransformationComponent = z.infer<typeof transformationSchema>
