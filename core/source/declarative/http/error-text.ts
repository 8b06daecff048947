import type { Json } from '../../../lib/json.ts'
import type { Answer } from './answer.ts'

/** Where APIs say what went wrong. */
const fields = ['message', 'messages', 'error_description', 'error_message', 'error', 'errors', 'detail', 'details', 'title', 'reason']

/** What an answer says of its error; empty when it says nothing. */
export function errorText({ json, text, status }: Answer): string {
  if (json !== undefined) return textOf(json, 0) ?? ''
  if (status < 400) return ''
  return text
    .slice(0, 20_000)
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function textOf(json: Json | undefined, depth: number): string | undefined {
  if (typeof json === 'string') return json
  if (json === null || typeof json !== 'object' || depth > 4) return undefined
  if (Array.isArray(json)) {
    const parts = json.slice(0, 5).flatMap((item) => textOf(item, depth + 1) ?? [])
    return parts.length === 0 ? undefined : parts.join(', ')
  }
  for (const key of fields) {
    const found = Object.hasOwn(json, key) ? textOf(json[key], depth + 1) : undefined
    if (found) return found
  }
  return undefined
}
