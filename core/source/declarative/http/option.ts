import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import type { Interpolation } from '../interpolation.ts'
import type { RequestOptionComponent } from '../manifest/requester.ts'

/** What a request carries, before it is put on the wire. */
export interface RequestParts {
  query: [name: string, value: string][]
  headers: Record<string, string>
  bodyJson: Json | undefined
  bodyForm: [name: string, value: string][] | undefined
  bodyText: string | undefined
}

export function emptyParts(): RequestParts {
  return { query: [], headers: {}, bodyJson: undefined, bodyForm: undefined, bodyText: undefined }
}

/** A copy that can be changed without changing the original. */
export function copyParts(parts: RequestParts): RequestParts {
  return { ...parts, headers: { ...parts.headers } }
}

/** Puts a value (a page token, a cursor, a partition) where the RequestOption says. */
export function inject(parts: RequestParts, option: RequestOptionComponent, value: Json, interpolation: Interpolation): void {
  const path = (option.field_path ?? [option.field_name ?? '']).map((part) => interpolation.text(part, option.$parameters))
  const name = path.join('.')
  const texts = (Array.isArray(value) ? value : [value]).map(wireText)
  switch (option.inject_into) {
    case 'request_parameter':
      parts.query = [...parts.query.filter(([key]) => key !== name), ...texts.map((text): [string, string] => [name, text])]
      return
    case 'header':
      setHeader(parts.headers, name, texts.join(','))
      return
    case 'body_data':
      parts.bodyForm = [...(parts.bodyForm ?? []).filter(([key]) => key !== name), ...texts.map((text): [string, string] => [name, text])]
      return
    case 'body_json':
      parts.bodyJson = withPath(parts.bodyJson, path, value)
      return
    case 'path':
      throw new MillraceError({
        code: 'manifest-unsupported',
        fault: 'config',
        message: 'A RequestOption puts a value into the path of the address, and only a page token can stand there.',
        mend: 'Use the value in the path of the requester instead.',
      })
  }
}

export function setHeader(headers: Record<string, string>, name: string, value: string): void {
  for (const existing of Object.keys(headers)) if (existing.toLowerCase() === name.toLowerCase()) delete headers[existing]
  headers[name] = value
}

/** A JSON value as Python's requests library writes it into a query or form. */
export function wireText(value: Json): string {
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (value === null) return 'None'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function withPath(body: Json | undefined, [head, ...rest]: readonly string[], value: Json): JsonObject {
  const base: JsonObject = body !== null && typeof body === 'object' && !Array.isArray(body) ? body : {}
  const inner = Object.hasOwn(base, head!) ? base[head!] : undefined
  return Object.fromEntries([...Object.entries(base), [head!, rest.length === 0 ? value : withPath(inner, rest, value)]])
}
