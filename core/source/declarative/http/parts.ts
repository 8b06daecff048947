import type { Json, JsonObject } from '../../../lib/json.ts'
import { toJson } from '../expression/value.ts'
import type { Context, Interpolation } from '../interpolation.ts'
import type { RequesterComponent } from '../manifest/requester.ts'
import { emptyParts, type RequestParts, setHeader } from './option.ts'

/** The parts of a request that the HttpRequester itself defines. */
export function requesterParts(requester: RequesterComponent, context: Context, interpolation: Interpolation): RequestParts {
  const parts = emptyParts()
  const parameters = requester.$parameters
  const pairs = (mapping: string | JsonObject) => mappingPairs(mapping, parameters, context, interpolation)
  parts.query = pairs(requester.request_parameters)
  if (typeof requester.request_headers === 'string') {
    const headers = toJson(interpolation.value(requester.request_headers, parameters, context))
    for (const [name, value] of Object.entries(isObject(headers) ? headers : {})) setHeader(parts.headers, name, String(value))
  } else for (const [name, value] of pairs(requester.request_headers)) setHeader(parts.headers, name, value)
  const body = requester.request_body
  const json =
    requester.request_body_json ?? (body?.type === 'RequestBodyJsonObject' || body?.type === 'RequestBodyGraphQL' ? body.value : undefined)
  const data = requester.request_body_data ?? (body?.type === 'RequestBodyUrlEncodedForm' ? body.value : undefined)
  if (json !== undefined) parts.bodyJson = nested(json, parameters, context, interpolation)
  if (typeof data === 'string') parts.bodyText = interpolation.text(data, parameters, context)
  else if (data !== undefined) parts.bodyForm = pairs(data)
  if (body?.type === 'RequestBodyPlainText') parts.bodyText = interpolation.text(body.value, parameters, context)
  return parts
}

function mappingPairs(
  mapping: string | JsonObject,
  parameters: JsonObject,
  context: Context,
  interpolation: Interpolation,
): [string, string][] {
  if (typeof mapping === 'string') return [...new URLSearchParams(interpolation.text(mapping, parameters, context))]
  return Object.entries(mapping).flatMap(([key, source]): [string, string][] => {
    const name = interpolation.text(key, parameters, context)
    if (source === null) return []
    const value = typeof source === 'string' ? interpolation.parameter(source, parameters, context) : wire(source)
    if (value === undefined) return []
    return (Array.isArray(value) ? value : [value]).map((text): [string, string] => [name, text])
  })
}

function wire(value: Json): string | string[] {
  if (Array.isArray(value)) return value.flatMap(wire)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function nested(value: Json, parameters: JsonObject, context: Context, interpolation: Interpolation): Json {
  if (typeof value === 'string') return interpolation.json(value, parameters, context)
  if (Array.isArray(value)) return value.map((item) => nested(item, parameters, context, interpolation))
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, item]): [string, Json] => [
    interpolation.text(key, parameters, context),
    nested(item, parameters, context, interpolation),
  ])
  return Object.fromEntries(entries.filter(([, item]) => item !== null))
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
