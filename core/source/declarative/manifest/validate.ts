import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { unknownNames } from '../expression/inspect.ts'
import { ExpressionError } from '../expression/problem.ts'
import { compileTemplate } from '../expression/template.ts'
import { budgetSchema } from './budget.ts'
import { streamSchema, type StreamComponent } from './component.ts'
import type { Manifest } from './read.ts'

/** A fault of the manifest and where it is: `streams[0].retriever.requester.authenticator`. */
export interface Fault {
  path: string
  reason: string
}

const knownTypes = new Set([
  'AddedFieldDefinition',
  'AddFields',
  'ApiKey',
  'ApiKeyAuthenticator',
  'BasicHttpAuthenticator',
  'Bearer',
  'BearerAuthenticator',
  'CheckStream',
  'CompositeErrorHandler',
  'ConstantBackoffStrategy',
  'CursorPagination',
  'DatetimeBasedCursor',
  'DeclarativeStream',
  'DefaultErrorHandler',
  'DefaultPaginator',
  'DpathExtractor',
  'ExponentialBackoffStrategy',
  'FixedWindowCallRatePolicy',
  'HTTPAPIBudget',
  'HttpRequester',
  'HttpRequestRegexMatcher',
  'HttpResponseFilter',
  'InlineSchemaLoader',
  'JsonDecoder',
  // Schemas that are made while reading: their streams are typed from the values instead.
  'JsonFileSchemaLoader',
  'DynamicSchemaLoader',
  'JwtAuthenticator',
  'LegacySessionTokenAuthenticator',
  'ListPartitionRouter',
  'MinMaxDatetime',
  'MovingWindowCallRatePolicy',
  'NoAuth',
  'NoPagination',
  'OAuthAuthenticator',
  'OffsetIncrement',
  'PageIncrement',
  'ParentStreamConfig',
  'Rate',
  'RecordFilter',
  'RecordSelector',
  'RemoveFields',
  'RequestBodyGraphQL',
  'RequestBodyJsonObject',
  'RequestBodyPlainText',
  'RequestBodyUrlEncodedForm',
  'RequestOption',
  'RequestPath',
  'SelectiveAuthenticator',
  'SessionTokenAuthenticator',
  'SimpleRetriever',
  'SubstreamPartitionRouter',
  'UnlimitedCallRatePolicy',
  'WaitTimeFromHeader',
  'WaitUntilTimeFromHeader',
])

/** Fields of known components that change what is read and are not implemented: silence would mean wrong data. */
const refusedFields: Record<string, readonly string[]> = {
  DeclarativeStream: ['state_migrations', 'file_uploader'],
  HttpRequester: ['fetch_properties_from_endpoint', 'query_properties'],
  DpathExtractor: ['record_expander'],
  ParentStreamConfig: ['lazy_read_pointer'],
}

/** Fields without components or expressions, whatever they look like. */
const opaque = new Set(['schema', 'schema_loader', 'connection_specification', '$parameters', 'value_type', 'description', 'regex'])

/** Fields whose keys are the API's own; a "type" in them is no component. */
const content = new Set([
  'request_parameters',
  'request_headers',
  'request_body_json',
  'request_body_data',
  'value',
  'refresh_request_body',
  'refresh_request_headers',
  'additional_jwt_headers',
  'additional_jwt_payload',
])

/** Names that the engine gives to expressions, in some place or other. */
const variables: ReadonlySet<string> = new Set([
  'config',
  'parameters',
  'stream_slice',
  'stream_interval',
  'stream_partition',
  'next_page_token',
  'response',
  'headers',
  'record',
  'last_record',
  'last_page_size',
  'page_size',
  'value',
  'path',
  'property',
  'session_token',
])

/** A stream of the manifest: its component, or why it cannot be read. */
export interface StreamEntry {
  name: string
  path: string
  component?: StreamComponent
  faults: Fault[]
}

/** The streams of a manifest, each checked by itself: one that cannot be read does not sink the others. */
export function streamEntries(manifest: Manifest): StreamEntry[] {
  const streams = Array.isArray(manifest.streams) ? manifest.streams : []
  return streams.map((stream, index): StreamEntry => {
    const path = `streams[${index}]`
    const name = isObject(stream) && typeof stream.name === 'string' ? stream.name : path
    const faults: Fault[] = []
    findFaults(stream, path, faults)
    if (faults.length > 0) return { name, path, faults }
    const parsed = streamSchema.safeParse(stream)
    if (parsed.success) return { name, path, component: parsed.data, faults }
    for (const issue of parsed.error.issues) faults.push({ path: [path, ...issue.path.map(segment)].join(''), reason: issue.message })
    return { name, path, faults }
  })
}

/** All faults of the manifest: of its streams, and of what is outside them. */
export function manifestFaults(manifest: Manifest): Fault[] {
  const faults = streamEntries(manifest).flatMap((entry) => entry.faults)
  if (isObject(manifest.check) && manifest.check.type !== 'CheckStream') faults.unshift(unsupported(manifest.check.type, 'check'))
  if (Array.isArray(manifest.dynamic_streams) && manifest.dynamic_streams.length > 0) {
    faults.push(unsupported('DynamicDeclarativeStream', 'dynamic_streams'))
  }
  if (manifest.api_budget !== undefined) faults.push(...budgetFaults(manifest.api_budget))
  if (!Array.isArray(manifest.streams) || manifest.streams.length === 0) faults.push({ path: 'streams', reason: 'it has no streams' })
  return faults
}

function budgetFaults(budget: Json): Fault[] {
  const faults: Fault[] = []
  findFaults(budget, 'api_budget', faults)
  const parsed = budgetSchema.safeParse(budget)
  if (faults.length > 0 || parsed.success) return faults
  return parsed.error.issues.map((issue) => ({ path: ['api_budget', ...issue.path.map(segment)].join(''), reason: issue.message }))
}

export function faultsError(faults: readonly Fault[]): MillraceError {
  const [first] = faults
  const list = faults.slice(0, 10).map(({ path, reason }) => `${path}: ${reason}`)
  const more = faults.length > 10 ? [`and ${faults.length - 10} more`] : []
  return new MillraceError({
    code: 'manifest-unsupported',
    fault: 'config',
    message: `The manifest asks for what is not understood. ${[...list, ...more].join('; ')}.`,
    mend: 'Take a manifest that does without, or leave out the streams that need it.',
    at: { field: first!.path },
  })
}

function findFaults(node: Json, path: string, faults: Fault[], isContent = false): void {
  if (typeof node === 'string') {
    const reason = expressionFault(node)
    if (reason !== undefined) faults.push({ path, reason })
  } else if (Array.isArray(node)) {
    node.forEach((item, index) => findFaults(item, `${path}[${index}]`, faults, isContent))
  } else if (isObject(node)) {
    // In the API's own content, the one component there may be is QueryProperties.
    const type = isContent && node.type !== 'QueryProperties' ? undefined : node.type
    if (isComponentType(type) && !knownTypes.has(type)) {
      faults.push(unsupported(type, path, node.class_name))
      return
    }
    const refused = typeof type === 'string' && Object.hasOwn(refusedFields, type) ? refusedFields[type]! : []
    const parameters = isObject(node.$parameters) ? node.$parameters : {}
    for (const [key, value] of Object.entries(node)) {
      if (opaque.has(key) || (isComponentType(type) && Object.hasOwn(parameters, key) && typeof value === 'object')) continue
      if (refused.includes(key)) faults.push({ path: `${path}.${key}`, reason: `${key} of ${String(type)} is not supported` })
      else findFaults(value, `${path}.${key}`, faults, isContent || content.has(key))
    }
  }
}

function unsupported(type: Json | undefined, path: string, className?: Json): Fault {
  const name = typeof className === 'string' ? `${String(type)} ${className}` : String(type)
  return { path, reason: `the component ${name} is not supported` }
}

/** Component types are CamelCase; the types of JSON Schema and of settings are not. */
function isComponentType(type: Json | undefined): type is string {
  return typeof type === 'string' && /^[A-Z][A-Za-z]+$/.test(type)
}

function expressionFault(source: string): string | undefined {
  if (!/\{[{%#]/.test(source)) return undefined
  try {
    const unknown = unknownNames(compileTemplate(source).statements, variables)
    return unknown.length === 0 ? undefined : `${unknown.join(' and ')} of "${source}" does not exist`
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return `"${source}" is not an expression that is understood: ${thrown.message}`
    throw thrown
  }
}

function segment(part: PropertyKey): string {
  return typeof part === 'number' ? `[${part}]` : `.${String(part)}`
}

function isObject(node: Json | undefined): node is JsonObject {
  return node !== null && typeof node === 'object' && !Array.isArray(node)
}
