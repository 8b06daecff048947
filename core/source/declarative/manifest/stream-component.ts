import { z } from 'zod'
import type { JsonObject } from '../../../lib/json.ts'
import { customSchema } from './custom-component.ts'
import { json, parameters, text } from './field.ts'
import { type PaginatorComponent, paginatorSchema } from './paginator.ts'
import { type RequesterComponent, requesterSchema, type RequestOptionComponent, requestOptionSchema } from './requester.ts'
import { type CursorComponent, cursorSchema } from './cursor-component.ts'
import { type DecoderComponent, decoderSchema } from './decoder-component.ts'
import {
  type ExtractorComponent,
  extractorSchema,
  type FilterComponent,
  filterSchema,
  type SelectorComponent,
  selectorSchema,
  type TransformationComponent,
  transformationSchema,
} from './record-component.ts'

/*
 * Streams, by the low-code CDK's component schema. The types are written out because streams nest in
 * streams (parents) and retrievers in schema loaders; the schemas hold them to the truth.
 */

export interface CustomComponent<Type extends string> extends Record<string, unknown> {
  $parameters: JsonObject
  type: Type
  class_name: string
}

export interface ParentComponent {
  $parameters: JsonObject
  stream: StreamComponent | DelegatingComponent
  parent_key: string
  partition_field: string
  extra_fields: string[][]
  request_option?: RequestOptionComponent | undefined
  incremental_dependency: boolean
  lazy_read_pointer: string[]
}

export interface SubstreamRouter {
  $parameters: JsonObject
  type: 'SubstreamPartitionRouter'
  parent_stream_configs: ParentComponent[]
}

export interface ListRouter {
  $parameters: JsonObject
  type: 'ListPartitionRouter'
  cursor_field: string
  values: string | string[]
  request_option?: RequestOptionComponent | undefined
}

export interface GroupingRouter {
  $parameters: JsonObject
  type: 'GroupingPartitionRouter'
  group_size: number
  underlying_partition_router: SubstreamRouter | ListRouter | CustomComponent<'CustomPartitionRouter'>
  deduplicate: boolean
}

export type RouterComponent = SubstreamRouter | ListRouter | GroupingRouter | CustomComponent<'CustomPartitionRouter'>

export interface SimpleRetriever {
  $parameters: JsonObject
  type: 'SimpleRetriever'
  requester: RequesterComponent
  record_selector: SelectorComponent
  decoder?: DecoderComponent | undefined
  paginator?: PaginatorComponent | undefined
  partition_router: RouterComponent[]
  ignore_stream_slicer_parameters_on_paginated_requests: boolean
  pagination_reset?: { type: 'PaginationReset'; action: 'RESET' } | undefined
}

export interface AsyncRetriever {
  $parameters: JsonObject
  type: 'AsyncRetriever'
  record_selector: SelectorComponent
  status_mapping: Record<'running' | 'completed' | 'failed' | 'timeout' | 'ignore', string[]>
  status_extractor: ExtractorComponent
  download_target_extractor?: ExtractorComponent | undefined
  download_extractor?: ExtractorComponent | undefined
  creation_requester: RequesterComponent
  polling_requester: RequesterComponent
  polling_job_timeout?: string | undefined
  download_target_requester?: RequesterComponent | undefined
  download_requester: RequesterComponent
  download_paginator?: PaginatorComponent | undefined
  abort_requester?: RequesterComponent | undefined
  delete_requester?: RequesterComponent | undefined
  partition_router: RouterComponent[]
  decoder?: DecoderComponent | undefined
  download_decoder?: DecoderComponent | undefined
}

export type RetrieverComponent =
  | SimpleRetriever
  | AsyncRetriever
  | (CustomComponent<'CustomRetriever'> & { partition_router: RouterComponent[] })

export interface TypeMapping {
  target_type: FieldType
  current_type: string | string[]
  condition?: string | undefined
}

/** A type of SchemaTypeIdentifier's: a name, several, or a list of something. */
export type FieldType = string | string[] | { field_type: string; items?: FieldType | undefined }

export interface DynamicSchemaLoader {
  $parameters: JsonObject
  type: 'DynamicSchemaLoader'
  retriever: RetrieverComponent
  schema_filter?: FilterComponent | undefined
  schema_transformations: TransformationComponent[]
  schema_type_identifier: {
    $parameters: JsonObject
    schema_pointer: string[]
    key_pointer: string[]
    type_pointer?: string[] | undefined
    types_mapping: TypeMapping[]
  }
}

export type SchemaLoaderComponent =
  | { type: 'InlineSchemaLoader'; schema?: JsonObject | undefined }
  | { $parameters: JsonObject; type: 'JsonFileSchemaLoader'; file_path?: string | undefined }
  | DynamicSchemaLoader
  | CustomComponent<'CustomSchemaLoader'>

export interface StreamComponent {
  $parameters: JsonObject
  type: 'DeclarativeStream'
  name: string
  retriever: RetrieverComponent
  primary_key: string | (string | string[])[]
  incremental_sync?: CursorComponent | undefined
  transformations: TransformationComponent[]
  schema_loader: SchemaLoaderComponent[]
  state_migrations: ({ type: 'LegacyToPerPartitionStateMigration' } | CustomComponent<'CustomStateMigration'>)[]
}

/** A stream that is read one way while it has no state, and another once it has. */
export interface DelegatingComponent {
  $parameters: JsonObject
  type: 'StateDelegatingStream'
  name: string
  full_refresh_stream: StreamComponent
  incremental_stream: StreamComponent
}

const oneOrMore = <Schema extends z.ZodType>(schema: Schema) => z.union([z.array(schema), schema.transform((item) => [item])]).default([])

const parentSchema: z.ZodType<ParentComponent> = z.looseObject({
  ...parameters,
  type: z.literal('ParentStreamConfig'),
  get stream() {
    return anyStreamSchema
  },
  parent_key: text,
  partition_field: text,
  extra_fields: z.array(z.array(text)).default([]),
  request_option: requestOptionSchema.optional(),
  incremental_dependency: z.boolean().default(false),
  lazy_read_pointer: z.array(text).default([]),
})

const substreamRouterSchema = z.looseObject({
  ...parameters,
  type: z.literal('SubstreamPartitionRouter'),
  parent_stream_configs: z.array(parentSchema).min(1),
})

const listRouterSchema = z.looseObject({
  ...parameters,
  type: z.literal('ListPartitionRouter'),
  cursor_field: text,
  values: z.union([z.string(), z.array(text)]),
  request_option: requestOptionSchema.optional(),
})

const customRouterSchema = customSchema('CustomPartitionRouter')

export const routerSchema = z.discriminatedUnion('type', [
  substreamRouterSchema,
  listRouterSchema,
  customRouterSchema,
  z.looseObject({
    ...parameters,
    type: z.literal('GroupingPartitionRouter'),
    group_size: z.number().int().min(1),
    underlying_partition_router: z.discriminatedUnion('type', [substreamRouterSchema, listRouterSchema, customRouterSchema]),
    deduplicate: z.boolean().default(true),
  }),
])

const statuses = z.array(text).default([])

export const retrieverSchema: z.ZodType<RetrieverComponent> = z.discriminatedUnion('type', [
  z.looseObject({
    ...parameters,
    type: z.literal('SimpleRetriever'),
    requester: requesterSchema,
    record_selector: selectorSchema,
    decoder: decoderSchema.optional(),
    paginator: paginatorSchema.optional(),
    partition_router: oneOrMore(routerSchema),
    ignore_stream_slicer_parameters_on_paginated_requests: z.boolean().default(false),
    // RESET is what is done about RESET_PAGINATION; to go on from a cursor value in the middle of a slice is not.
    pagination_reset: z.looseObject({ type: z.literal('PaginationReset'), action: z.literal('RESET') }).optional(),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('AsyncRetriever'),
    record_selector: selectorSchema,
    status_mapping: z.looseObject({ running: statuses, completed: statuses, failed: statuses, timeout: statuses, ignore: statuses }),
    status_extractor: extractorSchema,
    download_target_extractor: extractorSchema.optional(),
    download_extractor: extractorSchema.optional(),
    creation_requester: requesterSchema,
    polling_requester: requesterSchema,
    polling_job_timeout: text.optional(),
    download_target_requester: requesterSchema.optional(),
    download_requester: requesterSchema,
    download_paginator: paginatorSchema.optional(),
    abort_requester: requesterSchema.optional(),
    delete_requester: requesterSchema.optional(),
    partition_router: oneOrMore(routerSchema),
    decoder: decoderSchema.optional(),
    download_decoder: decoderSchema.optional(),
  }),
  customSchema('CustomRetriever').extend({ partition_router: oneOrMore(routerSchema) }),
])

const fieldTypeSchema: z.ZodType<FieldType> = z.union([
  z.string(),
  z.array(z.string()),
  z.looseObject({
    field_type: z.string(),
    get items() {
      return fieldTypeSchema.optional()
    },
  }),
])

export const schemaLoaderSchema: z.ZodType<SchemaLoaderComponent> = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('InlineSchemaLoader'), schema: z.record(z.string(), json).optional() }),
  z.looseObject({ ...parameters, type: z.literal('JsonFileSchemaLoader'), file_path: text.optional() }),
  z.looseObject({
    ...parameters,
    type: z.literal('DynamicSchemaLoader'),
    retriever: retrieverSchema,
    schema_filter: filterSchema.optional(),
    schema_transformations: z.array(transformationSchema).default([]),
    schema_type_identifier: z.looseObject({
      ...parameters,
      schema_pointer: z.array(text).default([]),
      key_pointer: z.array(text),
      type_pointer: z.array(text).optional(),
      types_mapping: z
        .array(
          z.looseObject({
            target_type: fieldTypeSchema,
            current_type: z.union([z.string(), z.array(z.string())]),
            condition: z.string().optional(),
          }),
        )
        .default([]),
    }),
  }),
  customSchema('CustomSchemaLoader'),
])

export const streamSchema: z.ZodType<StreamComponent> = z.looseObject({
  ...parameters,
  type: z.literal('DeclarativeStream'),
  name: z.string().min(1),
  retriever: retrieverSchema,
  primary_key: z.union([z.string(), z.array(z.union([z.string(), z.array(z.string())]))]).default([]),
  incremental_sync: cursorSchema.optional(),
  transformations: z.array(transformationSchema).default([]),
  schema_loader: oneOrMore(schemaLoaderSchema),
  state_migrations: z
    .array(
      z.discriminatedUnion('type', [
        z.looseObject({ type: z.literal('LegacyToPerPartitionStateMigration') }),
        customSchema('CustomStateMigration'),
      ]),
    )
    .default([]),
})

export const anyStreamSchema: z.ZodType<StreamComponent | DelegatingComponent> = z.union([
  streamSchema,
  z.looseObject({
    ...parameters,
    type: z.literal('StateDelegatingStream'),
    name: z.string().min(1),
    full_refresh_stream: streamSchema,
    incremental_stream: streamSchema,
  }),
])
