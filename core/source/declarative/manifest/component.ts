import { z } from 'zod'
import type { JsonObject } from '../../../lib/json.ts'
import { json, parameters, text } from './field.ts'
import { type RequesterComponent, type RequestOptionComponent, requesterSchema, requestOptionSchema } from './requester.ts'

/*
 * The components that are understood, as the low-code CDK's component schema defines them
 * (declarative_component_schema.yaml). Fields that the CDK has and we do not are refused by
 * validate.ts; `$parameters` adds arbitrary others, so objects are loose.
 */

const minMaxDatetimeSchema = z.looseObject({
  ...parameters,
  type: z.literal('MinMaxDatetime'),
  datetime: text,
  datetime_format: z.string().optional(),
  min_datetime: text.optional(),
  max_datetime: text.optional(),
})

export const cursorSchema = z.looseObject({
  ...parameters,
  type: z.literal('DatetimeBasedCursor'),
  cursor_field: text,
  datetime_format: z.string(),
  cursor_datetime_formats: z.array(z.string()).default([]),
  start_datetime: z.union([text, minMaxDatetimeSchema]),
  end_datetime: z.union([text, minMaxDatetimeSchema]).optional(),
  step: text.optional(),
  cursor_granularity: z.string().optional(),
  lookback_window: text.optional(),
  start_time_option: requestOptionSchema.optional(),
  end_time_option: requestOptionSchema.optional(),
  partition_field_start: text.optional(),
  partition_field_end: text.optional(),
  is_data_feed: z.boolean().default(false),
  is_client_side_incremental: z.boolean().default(false),
  is_compare_strictly: z.boolean().default(false),
})

const pageSize = z.union([z.number().int(), z.string()]).optional()

const strategySchema = z.discriminatedUnion('type', [
  z.looseObject({
    ...parameters,
    type: z.literal('CursorPagination'),
    cursor_value: text,
    page_size: pageSize,
    stop_condition: z.union([z.string(), z.boolean()]).transform(String).optional(),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('PageIncrement'),
    page_size: pageSize,
    start_from_page: z.number().int().default(0),
    inject_on_first_request: z.boolean().default(false),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('OffsetIncrement'),
    page_size: pageSize,
    inject_on_first_request: z.boolean().default(false),
  }),
])

export const paginatorSchema = z.discriminatedUnion('type', [
  z.looseObject({ ...parameters, type: z.literal('NoPagination') }),
  z.looseObject({
    ...parameters,
    type: z.literal('DefaultPaginator'),
    pagination_strategy: strategySchema,
    page_size_option: requestOptionSchema.optional(),
    page_token_option: z.union([requestOptionSchema, z.looseObject({ type: z.literal('RequestPath') })]).optional(),
  }),
])

export const selectorSchema = z.looseObject({
  ...parameters,
  type: z.literal('RecordSelector'),
  extractor: z.looseObject({ ...parameters, type: z.literal('DpathExtractor'), field_path: z.array(text).default([]) }),
  record_filter: z.looseObject({ ...parameters, type: z.literal('RecordFilter'), condition: z.string().default('') }).optional(),
  transform_before_filtering: z.boolean().optional(),
})

export const transformationSchema = z.discriminatedUnion('type', [
  z.looseObject({
    ...parameters,
    type: z.literal('AddFields'),
    condition: z.string().default(''),
    fields: z.array(
      z.looseObject({
        ...parameters,
        type: z.literal('AddedFieldDefinition'),
        path: z.array(text).min(1),
        value: text,
        value_type: z.enum(['string', 'number', 'integer', 'boolean']).optional(),
      }),
    ),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('RemoveFields'),
    condition: z.string().default(''),
    field_pointers: z.array(z.array(text).min(1)),
  }),
])

const parentSchema = z.looseObject({
  ...parameters,
  type: z.literal('ParentStreamConfig'),
  get stream() {
    return streamSchema
  },
  parent_key: text,
  partition_field: text,
  extra_fields: z.array(z.array(text)).default([]),
  request_option: requestOptionSchema.optional(),
})

export const routerSchema = z.discriminatedUnion('type', [
  z.looseObject({ ...parameters, type: z.literal('SubstreamPartitionRouter'), parent_stream_configs: z.array(parentSchema).min(1) }),
  z.looseObject({
    ...parameters,
    type: z.literal('ListPartitionRouter'),
    cursor_field: text,
    values: z.union([z.string(), z.array(text)]),
    request_option: requestOptionSchema.optional(),
  }),
])

const retrieverSchema = z.looseObject({
  ...parameters,
  type: z.literal('SimpleRetriever'),
  requester: requesterSchema,
  record_selector: selectorSchema,
  paginator: paginatorSchema.optional(),
  partition_router: z.union([routerSchema.transform((router) => [router]), z.array(routerSchema)]).default([]),
  ignore_stream_slicer_parameters_on_paginated_requests: z.boolean().default(false),
})

const schemaLoaderSchema = z.looseObject({ type: z.string(), schema: z.record(z.string(), json).optional() })

export const streamSchema: z.ZodType<StreamComponent> = z.looseObject({
  ...parameters,
  type: z.literal('DeclarativeStream'),
  name: z.string().min(1),
  retriever: retrieverSchema,
  primary_key: z.union([z.string(), z.array(z.union([z.string(), z.array(z.string())]))]).default([]),
  incremental_sync: cursorSchema.optional(),
  transformations: z.array(transformationSchema).default([]),
  schema_loader: z.union([schemaLoaderSchema, z.array(schemaLoaderSchema)]).optional(),
})

/** Written out because parents nest streams in streams; the schema above holds it to the truth. */
export interface StreamComponent {
  $parameters: JsonObject
  type: 'DeclarativeStream'
  name: string
  retriever: {
    $parameters: JsonObject
    requester: RequesterComponent
    record_selector: SelectorComponent
    paginator?: PaginatorComponent | undefined
    partition_router: RouterComponent[]
    ignore_stream_slicer_parameters_on_paginated_requests: boolean
  }
  primary_key: string | (string | string[])[]
  incremental_sync?: CursorComponent | undefined
  transformations: TransformationComponent[]
  schema_loader?: SchemaLoaderComponent | SchemaLoaderComponent[] | undefined
}

export type RouterComponent =
  | { $parameters: JsonObject; type: 'SubstreamPartitionRouter'; parent_stream_configs: ParentComponent[] }
  | {
      $parameters: JsonObject
      type: 'ListPartitionRouter'
      cursor_field: string
      values: string | string[]
      request_option?: RequestOptionComponent | undefined
    }

export interface ParentComponent {
  $parameters: JsonObject
  stream: StreamComponent
  parent_key: string
  partition_field: string
  extra_fields: string[][]
  request_option?: RequestOptionComponent | undefined
}

export type CursorComponent = z.infer<typeof cursorSchema>
export type PaginatorComponent = z.infer<typeof paginatorSchema>
export type SelectorComponent = z.infer<typeof selectorSchema>
export type TransformationComponent = z.infer<typeof transformationSchema>
export type SchemaLoaderComponent = z.infer<typeof schemaLoaderSchema>
