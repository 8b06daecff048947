import { parseDocument } from 'yaml'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { invalidManifest } from './invalid.ts'
import { modernize } from './modernize.ts'
import { propagate } from './propagate.ts'
import { resolveReferences } from './reference.ts'

/** Above any manifest in use; a larger one is an accident or an attack. */
const maxText = 5_000_000

/** A manifest with its references resolved and its $parameters and types handed down. */
export type Manifest = JsonObject

/**
 * Reads a low-code connector manifest (`DeclarativeSource`, versions 0.29 to 7), given as YAML or
 * JSON text or as the parsed object. Throws `invalid-manifest` (config) with the place of the fault.
 */
export function readManifest(input: string | JsonObject): Manifest {
  const parsed = typeof input === 'string' ? parseYaml(input) : input
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) throw invalidManifest('the manifest is not an object')
  if (parsed.type !== 'DeclarativeSource') throw invalidManifest(`its type is "${String(parsed.type)}", and "DeclarativeSource" is wanted`)
  const major = Number(String(parsed.version ?? '').split('.')[0])
  if (parsed.version !== undefined && major > 7) {
    throw invalidManifest(`its version ${String(parsed.version)} is newer than 7, the newest that is understood`)
  }
  return propagate(modernize(resolveReferences(parsed)))
}

function parseYaml(text: string): Json {
  if (text.length > maxText) throw invalidManifest(`it has more than ${maxText} characters`)
  const document = parseDocument(text, { uniqueKeys: true, merge: true })
  const [error] = document.errors
  if (error) throw invalidManifest(error.message.split('\n')[0]!.replace(/:$/, ''))
  try {
    return document.toJS({ maxAliasCount: 1000 }) as Json
  } catch (thrown) {
    throw invalidManifest(thrown instanceof Error ? thrown.message : String(thrown))
  }
}
