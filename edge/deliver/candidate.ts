import type { StreamedEvent } from '#core/event/streamed.ts'

/** An event on its way to a destination. */
export interface Candidate {
  /** As `streamedEvent` reads it: what is stored of it. */
  line: string
  event: StreamedEvent
  /** Deliveries so far. */
  tries: number
  /** Of them, those that failed for this event while the tool took others. */
  strikes: number
  /** How many events the tool had taken at the last try. */
  taken: number
  /** When it was first tried. */
  since: number
}

export function fresh(line: string, event: StreamedEvent): Candidate {
  return { line, event, tries: 0, strikes: 0, taken: 0, since: 0 }
}
