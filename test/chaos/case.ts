/** A chaos case: breaks things for a while, then counts. Progress goes to `progress`, a sentence at a time. */
export interface Case {
  run(options: CaseOptions): Promise<Counts>
}

export interface CaseOptions {
  /** How many times something is killed; without it, as the case has it. */
  rounds: number | undefined
  /** How long the warehouse is away, in cases that have an outage. */
  outageMinutes: number | undefined
  progress: (sentence: string) => void
  signal: AbortSignal
}

/** What was promised and what was found. `broken` names each promise that did not hold; empty when all did. */
export interface Counts {
  accepted: number
  present: number
  lost: number
  doubled: number
  kills: number
  broken: string[]
  [other: string]: number | string | string[]
}
