import type { z } from 'zod'
import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { type CustomComponents, isKnownCustom } from '../custom.ts'
import { unknownNames } from '../expression/inspect.ts'
import { ExpressionError } from '../expression/problem.ts'
import { compileTemplate } from '../expression/template.ts'
import { budgetSchema } from './budget.ts'
import { type DynamicStreamComponent, dynamicStreamSchema } from './dynamic-component.ts'
import type { Manifest } from './read.ts'
import { anyStreamSchema, type DelegatingComponent, type StreamComponent } from './stream-component.ts'
import { streamTypes } from './stream-types.ts'

/** A fault of the manifest and where it is: `streams[0].retriever.requester.authenticator`. */
export interface Fault {
  path: string
  reason: string
}

/** Types of components that are understood of requests and answers; those of streams stand in stream-types.ts. */
const knownTypes = new Set([
  'ApiKey',
  'ApiKeyAuthenticator',
  'BasicHttpAuthenticator',
  'Bearer',
  'BearerAuthenticator',
  'CompositeErrorHandler',
  'ConstantBackoffStrategy',
  'DefaultErrorHandler',
  'ExponentialBackoffStrategy',
  'FixedWindowCallRatePolicy',
  'HTTPAPIBudget',
  'HttpRequester',
  'HttpRequestRegexMatcher',
  'HttpResponseFilter',
  'JwtAuthenticator',
  'LegacySessionTokenAuthenticator',
  'MovingWindowCallRatePolicy',
  'NoAuth',
  'OAuthAuthenticator',
  'Rate',
  'RequestBodyGraphQL',
  'RequestBodyJsonObject',
  'RequestBodyPlainText',
  'RequestBodyUrlEncodedForm',
  'RequestOption',
  'SelectiveAuthenticator',
  'SessionTokenAuthenticator',
  'UnlimitedCallRatePolicy',
  'WaitTimeFromHeader',
  'WaitUntilTimeFromHeader',
])

/** Fields of known components that change what is read and are not implemented: silence would mean wrong data. */
const refusedFields: Record<string, readonly string[]> = {
  DeclarativeStream: ['file_uploader'],
  PaginationReset: ['limits'],
  HttpRequester: ['fetch_properties_from_endpoint', 'query_properties'],
  DpathExtractor: ['record_expander'],
}

/** Fields without components or expressions, whatever they look like. */
const opaque = new Set([
  'schema',
  'connection_specification',
  '$parameters',
  'value_type',
  'description',
  'regex',
  'base_schema',
  'status_mapping',
])

/** Fields whose keys are the API's own; a "type" in them is no component. */
const content = new Set([
  'request_parameters',
  'request_headers',
  'request_body_json',
  'request_body_data',
  'value',
  'list_of_parameters_for_stream',
  'default_values',
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
  'creation_response',
  'polling_response',
  'download_target',
  'components_values',
  'stream_template_config',
  'raw_schema',
  'session_token',
])

/** A stream of the manifest: its component, or why it cannot be read. */
export interface StreamEntry {
  name: string
  path: string
  component?: StreamComponent | DelegatingComponent
  faults: Fault[]
  /** The name of the dynamic stream that it was made by. */
  madeBy?: string
  /** Under which condition on the config it is there. */
  condition?: string
}

/** Streams that are made while reading, or why they cannot be. */
export interface DynamicEntry {
  name: string
  component?: DynamicStreamComponent
  faults: Fault[]
}

/** The streams that stand in a manifest, each checked by itself: one that cannot be read does not sink the others. */
export function streamEntries(manifest: Manifest, custom: CustomComponents): StreamEntry[] {
  const streams = Array.isArray(manifest.streams) ? manifest.streams : []
  return streams.flatMap((stream, index): StreamEntry[] => {
    const path = `streams[${index}]`
    if (!isObject(stream) || stream.type !== 'ConditionalStreams') return [streamEntry(stream, path, custom)]
    const condition = typeof stream.condition === 'string' ? stream.condition : ''
    const inner = Array.isArray(stream.streams) ? stream.streams : []
    return inner.map((each, at) => ({ ...streamEntry(each, `${path}.streams[${at}]`, custom), condition }))
  })
}

export function streamEntry(stream: Json, path: string, custom: CustomComponents): StreamEntry {
  const name = isObject(stream) && typeof stream.name === 'string' ? stream.name : path
  const faults: Fault[] = []
  findFaults(stream, path, faults, custom)
  if (faults.length > 0) return { name, path, faults }
  const parsed = anyStreamSchema.safeParse(stream)
  return parsed.success ? { name, path, component: parsed.data, faults } : { name, path, faults: issuesOf(parsed.error, path) }
}

/** The dynamic streams of a manifest; what their templates become is checked when it is known. */
export function dynamicEntries(manifest: Manifest, custom: CustomComponents): DynamicEntry[] {
  const streams = Array.isArray(manifest.dynamic_streams) ? manifest.dynamic_streams : []
  return streams.map((stream, index): DynamicEntry => {
    const path = `dynamic_streams[${index}]`
    const name = isObject(stream) && typeof stream.name === 'string' ? stream.name : path
    const faults: Fault[] = []
    findFaults(stream, path, faults, custom)
    if (faults.length > 0) return { name, faults }
    const parsed = dynamicStreamSchema.safeParse(stream)
    return parsed.success ? { name, component: parsed.data, faults } : { name, faults: issuesOf(parsed.error, path) }
  })
}

/** All faults of the manifest: of its streams, and of what is outside them. */
export function manifestFaults(manifest: Manifest, custom: CustomComponents): Fault[] {
  const entries = [...streamEntries(manifest, custom), ...dynamicEntries(manifest, custom)]
  const faults = entries.flatMap((entry) => entry.faults)
  for (const place of ['check', 'concurrency_level']) if (manifest[place] !== undefined) findFaults(manifest[place], place, faults, custom)
  const rules = isObject(manifest.spec) ? manifest.spec.config_normalization_rules : undefined
  if (rules !== undefined) findFaults(rules, 'spec.config_normalization_rules', faults, custom)
  if (manifest.api_budget !== undefined) faults.push(...budgetFaults(manifest.api_budget))
  if (entries.length === 0) faults.push({ path: 'streams', reason: 'it has no streams' })
  return faults
}

function budgetFaults(budget: Json): Fault[] {
  const faults: Fault[] = []
  findFaults(budget, 'api_budget', faults, {})
  const parsed = budgetSchema.safeParse(budget)
  if (faults.length > 0 || parsed.success) return faults
  return parsed.error.issues.map((issue) => ({ path: ['api_budget', ...issue.path.map(segment)].join(''), reason: issue.message }))
}

/** What zod found, of a union what the member of the given type found. */
function issuesOf(error: z.ZodError, path: string): Fault[] {
  return error.issues.flatMap((issue) => {
    const at = [path, ...issue.path.map(segment)].join('')
    const members = issue.code === 'invalid_union' ? issue.errors : []
    const [closest] = members.toSorted((a, b) => missed(a) - missed(b))
    if (closest === undefined || closest.length === 0) return [{ path: at, reason: issue.message }]
    return closest.flatMap((inner) => issuesOf({ issues: [inner] } as unknown as z.ZodError, at))
  })
}

/** A member whose type is another is further off than any of the right type. */
function missed(issues: readonly z.core.$ZodIssue[]): number {
  return issues.some(({ path }) => path.length <= 1 && (path.length === 0 || path[0] === 'type')) ? 1 : 0
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

function findFaults(node: Json, path: string, faults: Fault[], custom: CustomComponents, isContent = false): void {
  if (typeof node === 'string') {
    const reason = expressionFault(node)
    if (reason !== undefined) faults.push({ path, reason })
  } else if (Array.isArray(node)) {
    node.forEach((item, index) => findFaults(item, `${path}[${index}]`, faults, custom, isContent))
  } else if (isObject(node)) {
    // In the API's own content, the one component there may be is QueryProperties.
    const type = isContent && node.type !== 'QueryProperties' ? undefined : node.type
    if (isComponentType(type) && !knownTypes.has(type) && !streamTypes.has(type) && !isKnownCustom(custom, type, node.class_name)) {
      faults.push(unsupported(type, path, node.class_name))
      return
    }
    const refused = typeof type === 'string' && Object.hasOwn(refusedFields, type) ? refusedFields[type]! : []
    const parameters = isObject(node.$parameters) ? node.$parameters : {}
    for (const [key, value] of Object.entries(node)) {
      if (opaque.has(key) || (isComponentType(type) && Object.hasOwn(parameters, key) && typeof value === 'object')) continue
      if (refused.includes(key)) faults.push({ path: `${path}.${key}`, reason: `${key} of ${String(type)} is not supported` })
      else findFaults(value, `${path}.${key}`, faults, custom, isContent || content.has(key))
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
