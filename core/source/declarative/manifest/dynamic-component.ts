import { z } from 'zod'
import { json, parameters, text } from './field.ts'
import { type RetrieverComponent, retrieverSchema } from './stream-component.ts'

/* Streams made of a template while reading, by the low-code CDK's component schema. */

const mappingSchema = z.looseObject({
  ...parameters,
  type: z.literal('ComponentMappingDefinition'),
  field_path: z.array(text).min(1),
  value: text,
  value_type: z.enum(['string', 'number', 'integer', 'boolean']).optional(),
  create_or_update: z.boolean().default(false),
  condition: z.string().default(''),
})

const streamConfigSchema = z.looseObject({
  ...parameters,
  type: z.literal('StreamConfig'),
  configs_pointer: z.array(text),
  default_values: z.array(json).default([]),
})

const resolverSchema = z.discriminatedUnion('type', [
  z.looseObject({
    ...parameters,
    type: z.literal('HttpComponentsResolver'),
    retriever: retrieverSchema as z.ZodType<RetrieverComponent>,
    components_mapping: z.array(mappingSchema),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('ConfigComponentsResolver'),
    stream_config: z.union([z.array(streamConfigSchema), streamConfigSchema.transform((one) => [one])]),
    components_mapping: z.array(mappingSchema),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('ParametrizedComponentsResolver'),
    stream_parameters: z.looseObject({ list_of_parameters_for_stream: z.array(z.record(z.string(), json)) }),
    components_mapping: z.array(mappingSchema),
  }),
])

export const dynamicStreamSchema = z.looseObject({
  ...parameters,
  type: z.literal('DynamicDeclarativeStream'),
  name: z.string().default(''),
  /** Not yet a stream: the resolver fills in what it lacks. */
  stream_template: z.record(z.string(), json),
  components_resolver: resolverSchema,
  use_parent_parameters: z.boolean().default(true),
})

export type MappingComponent = z.infer<typeof mappingSchema>
export type ResolverComponent = z.infer<typeof resolverSchema>
export type DynamicStreamComponent = z.infer<typeof dynamicStreamSchema>
