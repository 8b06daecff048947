import type { Acceptance } from '../accept.ts'
import { isObject, textIn, type Told } from './dialect.ts'

/** The answer of /i/v1/analytics/events: what became of each event, by its uuid, as posthog-node reads it (capture-v1/sender). */
export function posthogResults({ payloads = [] }: Told, { rejections }: Pick<Acceptance, 'rejections'>): object {
  const dropped = new Map(rejections.map(({ index, error }) => [payloads[index], error.message]))
  const results = payloads.filter(isObject).map((payload): [string, object] => {
    const details = dropped.get(payload)
    return [textIn(payload, 'uuid') ?? '', details === undefined ? { result: 'ok' } : { result: 'drop', details }]
  })
  return { results: Object.fromEntries(results) }
}
