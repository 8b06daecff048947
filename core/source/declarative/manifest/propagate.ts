import type { Json, JsonObject } from '../../../lib/json.ts'

/** The type of a component that stands in a known field without one (CDK, `DEFAULT_MODEL_TYPES`). */
const defaultTypes: Record<string, string> = {
  'CompositeErrorHandler.error_handlers': 'DefaultErrorHandler',
  'ApiKeyAuthenticator.inject_into': 'RequestOption',
  'DatetimeBasedCursor.end_datetime': 'MinMaxDatetime',
  'DatetimeBasedCursor.end_time_option': 'RequestOption',
  'DatetimeBasedCursor.start_datetime': 'MinMaxDatetime',
  'DatetimeBasedCursor.start_time_option': 'RequestOption',
  'DeclarativeSource.check': 'CheckStream',
  'DeclarativeSource.spec': 'Spec',
  'DeclarativeSource.streams': 'DeclarativeStream',
  'AsyncRetriever.abort_requester': 'HttpRequester',
  'AsyncRetriever.creation_requester': 'HttpRequester',
  'AsyncRetriever.delete_requester': 'HttpRequester',
  'AsyncRetriever.download_extractor': 'ResponseToFileExtractor',
  'AsyncRetriever.download_requester': 'HttpRequester',
  'AsyncRetriever.download_target_extractor': 'DpathExtractor',
  'AsyncRetriever.download_target_requester': 'HttpRequester',
  'AsyncRetriever.polling_requester': 'HttpRequester',
  'AsyncRetriever.record_selector': 'RecordSelector',
  'AsyncRetriever.status_extractor': 'DpathExtractor',
  'ConfigAddFields.fields': 'AddedFieldDefinition',
  'ConfigComponentsResolver.components_mapping': 'ComponentMappingDefinition',
  'ConfigComponentsResolver.stream_config': 'StreamConfig',
  'DeclarativeSource.concurrency_level': 'ConcurrencyLevel',
  'DeclarativeSource.dynamic_streams': 'DynamicDeclarativeStream',
  'ConditionalStreams.streams': 'DeclarativeStream',
  'DeclarativeStream.incremental_sync': 'DatetimeBasedCursor',
  'DeclarativeStream.retriever': 'SimpleRetriever',
  'DynamicDeclarativeStream.components_resolver': 'ConfigComponentsResolver',
  'DynamicDeclarativeStream.stream_template': 'DeclarativeStream',
  'DynamicSchemaLoader.retriever': 'SimpleRetriever',
  'DynamicSchemaLoader.schema_filter': 'RecordFilter',
  'DynamicSchemaLoader.schema_type_identifier': 'SchemaTypeIdentifier',
  'GroupingPartitionRouter.underlying_partition_router': 'ListPartitionRouter',
  'HttpComponentsResolver.components_mapping': 'ComponentMappingDefinition',
  'HttpComponentsResolver.retriever': 'SimpleRetriever',
  'KeyValueExtractor.keys_extractor': 'DpathExtractor',
  'KeyValueExtractor.values_extractor': 'DpathExtractor',
  'CombinedExtractor.extractors': 'DpathExtractor',
  'ParametrizedComponentsResolver.components_mapping': 'ComponentMappingDefinition',
  'StateDelegatingStream.full_refresh_stream': 'DeclarativeStream',
  'StateDelegatingStream.incremental_stream': 'DeclarativeStream',
  'IncrementingCountCursor.start_value_option': 'RequestOption',
  'DeclarativeStream.schema_loader': 'JsonFileSchemaLoader',
  'DefaultErrorHandler.response_filters': 'HttpResponseFilter',
  'DefaultPaginator.page_size_option': 'RequestOption',
  'HttpRequester.error_handler': 'DefaultErrorHandler',
  'JwtAuthenticator.request_option': 'RequestOption',
  'ListPartitionRouter.request_option': 'RequestOption',
  'OAuthAuthenticator.profile_assertion': 'JwtAuthenticator',
  'ParentStreamConfig.request_option': 'RequestOption',
  'ParentStreamConfig.stream': 'DeclarativeStream',
  'RecordSelector.extractor': 'DpathExtractor',
  'RecordSelector.record_filter': 'RecordFilter',
  'SessionTokenAuthenticator.login_requester': 'HttpRequester',
  'SimpleRetriever.pagination_reset': 'PaginationReset',
  'SimpleRetriever.paginator': 'NoPagination',
  'SimpleRetriever.record_selector': 'RecordSelector',
  'SimpleRetriever.requester': 'HttpRequester',
  'SubstreamPartitionRouter.parent_stream_configs': 'ParentStreamConfig',
  'AddFields.fields': 'AddedFieldDefinition',
}

/** Fields whose content is the user's (schemas, mappings), never components. */
const opaque = new Set([
  'schema',
  'connection_specification',
  'definitions',
  'schemas',
  'metadata',
  'request_parameters',
  'request_headers',
  'request_body_json',
  'request_body_data',
  'value',
  'status_mapping',
  'list_of_parameters_for_stream',
  'default_values',
  'refresh_request_body',
  'refresh_request_headers',
  'additional_jwt_headers',
  'additional_jwt_payload',
  '$parameters',
])

/** Fields whose keys are names of the manifest's own and whose values are components. */
const named = new Set(['SelectiveAuthenticator.authenticators'])

/**
 * Hands `$parameters` down: a component's fields that are missing are filled from the parameters of
 * itself and its parents, the nearest first, and every component gets the sum as its own
 * `$parameters` (CDK reference, "$parameters"). Missing types are filled in by place.
 */
export function propagate(manifest: JsonObject): JsonObject {
  return visit(manifest, '', {}, false)
}

/**
 * The same for a stream that was made of a template, whose components have parameters from before:
 * `parentsWin` over them (component schema, "DynamicDeclarativeStream", `use_parent_parameters`).
 */
export function propagateStream(stream: JsonObject, parentsWin: boolean): JsonObject {
  return visit(stream, 'DynamicDeclarativeStream.stream_template', {}, parentsWin)
}

function visit(component: JsonObject, place: string, inherited: JsonObject, parentsWin: boolean): JsonObject {
  const { $parameters: own, ...fields } = component
  const type = fields.type ?? (Object.hasOwn(defaultTypes, place) && fields.class_name === undefined ? defaultTypes[place]! : undefined)
  if (typeof type !== 'string' || type === 'object') return component
  const given = isObject(own) ? own : {}
  const parameters = parentsWin ? { ...given, ...inherited } : { ...inherited, ...given }
  const filled: JsonObject = { ...fields, type }
  for (const [key, value] of Object.entries(parameters)) if (isEmpty(filled[key])) filled[key] = value

  const result: JsonObject = {}
  for (const [key, value] of Object.entries(filled)) {
    // A parameter named like the field it fills must not reach into that field, or it would nest without end.
    const { [key]: _excluded, ...rest } = parameters
    // A field without a value is a field left out.
    if (value === null) continue
    result[key] = opaque.has(key) ? value : descend(value, `${type}.${key}`, rest, parentsWin)
  }
  if (Object.keys(parameters).length > 0) result.$parameters = parameters
  return result
}

function descend(value: Json, place: string, parameters: JsonObject, parentsWin: boolean): Json {
  if (Array.isArray(value)) return value.map((item) => descend(item, place, parameters, parentsWin))
  if (!isObject(value)) return value
  if (!named.has(place)) return visit(value, place, parameters, parentsWin)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, descend(item, '', parameters, parentsWin)]))
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** What Python takes for false. */
function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
