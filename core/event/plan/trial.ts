import type { EventType } from '../schema.ts'
import { PlanJudge, type Violation } from './judge.ts'
import type { PastEvent } from './past-events.ts'
import type { EdgePlan } from './plan.ts'

/** What a plan would have done with events. */
export interface Trial {
  events: number
  /** Events that would be stored as they are, with nothing on record. */
  sound: number
  /** Events that would be stored whole or in part, with violations on record. */
  flagged: number
  /** Of the flagged, those that would lose a property. */
  trimmed: number
  rejected: number
  /** By rule, what breaks it; the most frequent first. */
  findings: Finding[]
}

export interface Finding extends Violation {
  type: EventType
  /** Name of a track event. */
  event: string
  events: number
  /** One of them. */
  messageId: string
}

/** Paths as many as a person can mend; beyond, they are counted in the totals alone. */
const maxFindings = 1000

/** Holds events against a plan, as the collector would. */
export async function tryPlan(plan: EdgePlan, events: AsyncIterable<PastEvent>): Promise<Trial> {
  const judge = new PlanJudge(plan)
  const trial = { events: 0, sound: 0, flagged: 0, trimmed: 0, rejected: 0 }
  const findings = new Map<string, Finding>()
  for await (const past of events) {
    trial.events++
    const judgement = judge.judge(past)
    if (judgement === undefined) trial.sound++
    else if (judgement.rejected !== undefined) trial.rejected++
    else {
      trial.flagged++
      if (judgement.event !== past) trial.trimmed++
    }
    const { event } = past
    const name = event.type === 'track' ? event.event : ''
    for (const violation of judgement?.violations ?? []) {
      // Items of a list are one place.
      const path = violation.path.replaceAll(/\.\d+(?=\.|$)/g, '.*')
      const id = JSON.stringify([event.type, name, violation.rule, path, violation.action])
      const known = findings.get(id)
      if (known !== undefined) known.events++
      else if (findings.size < maxFindings)
        findings.set(id, { ...violation, path, type: event.type, event: name, events: 1, messageId: past.messageId })
    }
  }
  return { ...trial, findings: [...findings.values()].toSorted((a, b) => b.events - a.events) }
}
