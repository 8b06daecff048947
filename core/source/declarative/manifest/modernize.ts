import type { Json, JsonObject } from '../../../lib/json.ts'

/** Components that older versions of the CDK had, as today's. */
const successors: Readonly<Record<string, (old: JsonObject) => Json | undefined>> = {
  // 6.10 to 6.33: a decoder with a parser in it.
  CompositeRawDecoder: (old) => old.parser,
  JsonParser: () => ({ type: 'JsonDecoder' }),
  JsonLineParser: () => ({ type: 'JsonlDecoder' }),
  CsvParser: (old) => ({ ...old, type: 'CsvDecoder' }),
  GzipParser: (old) => ({ type: 'GzipDecoder', decoder: old.inner_parser ?? null }),
  // 5 to 6.9: gzip with JSON Lines in it.
  GzipJsonDecoder: () => ({ type: 'GzipDecoder', decoder: { type: 'JsonlDecoder' } }),
  ZipfileDecoder: ({ parser, ...rest }) => (parser === undefined ? undefined : { ...rest, decoder: parser }),
  // To 6.43: where the addresses of results are looked for.
  AsyncRetriever: ({ urls_extractor, url_requester, ...rest }) => {
    if (urls_extractor === undefined && url_requester === undefined) return undefined
    return {
      ...rest,
      ...(urls_extractor === undefined ? {} : { download_target_extractor: urls_extractor }),
      ...(url_requester === undefined ? {} : { download_target_requester: url_requester }),
    }
  },
}

/**
 * A manifest of any version from 0.29 on in the terms of version 7: components that were renamed or
 * merged are replaced. Where both forms are still in use (`url_base` and `url`, `request_body_json` and
 * `request_body`), both are understood and nothing is changed.
 */
export function modernize(manifest: JsonObject): JsonObject {
  return visit(manifest) as JsonObject
}

function visit(node: Json): Json {
  if (Array.isArray(node)) return node.map(visit)
  if (node === null || typeof node !== 'object') return node
  const type = node.type
  const successor = typeof type === 'string' && Object.hasOwn(successors, type) ? successors[type]!(node) : undefined
  if (successor !== undefined) return visit(successor)
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, key === '$parameters' ? value : visit(value)]))
}
