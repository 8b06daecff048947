import type { EnrichedEvent } from '../enrich.ts'
import type { Violation } from './judge.ts'
import type { EdgePlan } from './plan.ts'

/**
 * A violation as one line of JSONEachRow for `events.violations`. Of the event it has names and ids, and no value: what a
 * plan drops is gone. The same event sent again makes the same row.
 */
export function violationLine(
  { name, version }: EdgePlan,
  { event, source, messageId, receivedAt }: EnrichedEvent,
  violation: Violation,
): string {
  const { rule, path, message, action } = violation
  return JSON.stringify({
    source,
    plan: name,
    plan_version: version,
    type: event.type,
    event_text: event.type === 'track' ? event.event.toWellFormed() : '',
    rule,
    path: path.toWellFormed(),
    message: message.toWellFormed(),
    action,
    message_id: messageId.toWellFormed(),
    received_at: new Date(receivedAt).toISOString(),
  })
}
