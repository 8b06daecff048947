import type { Json, JsonObject } from '../../../lib/json.ts'
import { invalidManifest } from './invalid.ts'

const maxDepth = 200
/** References multiply what they point at; a small manifest must not become a huge one. */
const maxNodes = 2_000_000

/**
 * Replaces `#/path` strings and `$ref` keys by what they point at; keys beside a `$ref` win over the
 * referenced ones (CDK reference, "References"). Throws `invalid-manifest` for an undefined or circular one.
 */
export function resolveReferences(manifest: JsonObject): JsonObject {
  let nodes = 0

  function resolve(node: Json, pending: readonly string[], depth: number): Json {
    if (++nodes > maxNodes || depth > maxDepth) throw invalidManifest('its references make it too large')
    if (Array.isArray(node)) return node.map((item) => resolve(item, pending, depth + 1))
    if (typeof node === 'string' && node.startsWith('#/')) {
      if (pending.includes(node)) throw invalidManifest(`the reference ${node} leads back to itself`)
      return resolve(lookup(manifest, node), [...pending, node], depth + 1)
    }
    if (node === null || typeof node !== 'object') return node
    const own: [string, Json][] = []
    for (const [key, value] of Object.entries(node)) if (key !== '$ref') own.push([key, resolve(value, pending, depth + 1)])
    if (node.$ref === undefined) return Object.fromEntries(own)
    const base = resolve(node.$ref, pending, depth + 1)
    return base === null || typeof base !== 'object' || Array.isArray(base) ? base : Object.fromEntries([...Object.entries(base), ...own])
  }

  return resolve(manifest, [], 0) as JsonObject
}

/** The whole remaining path is tried as one key first, since keys may hold slashes. */
function lookup(manifest: JsonObject, reference: string): Json {
  let node: Json | undefined = manifest
  let rest = reference.slice(2)
  while (rest !== '') {
    if (isObject(node) && Object.hasOwn(node, rest)) return node[rest]!
    const slash = rest.indexOf('/')
    const head = slash === -1 ? rest : rest.slice(0, slash)
    rest = slash === -1 ? '' : rest.slice(slash + 1)
    if (Array.isArray(node) && /^\d+$/.test(head)) node = node[Number(head)]
    else node = isObject(node) && Object.hasOwn(node, head) ? node[head] : undefined
    if (node === undefined) throw invalidManifest(`the reference ${reference} points at nothing`)
  }
  return node as Json
}

function isObject(node: Json | undefined): node is JsonObject {
  return node !== null && typeof node === 'object' && !Array.isArray(node)
}
