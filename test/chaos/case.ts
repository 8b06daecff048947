/** A chaos case: breaks things for a while, then counts. Progress goes to `progress`, a sentence at a time. */
export interface Case {
  run(options: { rounds: number | undefined; progress: (sentence: string) => void; signal: AbortSignal }): Promise<Counts>
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
