import type { Json } from '../../../lib/json.ts'

/**
 * JSON.parse that keeps integers exact: one beyond 2^53 becomes the text of its digits, where
 * JSON.parse would round it. Costs a scan of the text when there is none.
 */
export function parseJson(text: string): Json {
  if (!/(?:[:[,]|^)\s*-?\d{16,}/.test(text)) return JSON.parse(text) as Json
  return JSON.parse(text, ((_key: string, value: unknown, context?: { source?: string }) => {
    const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    return isRounded && context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value
  }) as (key: string, value: unknown) => unknown) as Json
}
