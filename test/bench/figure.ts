/** One measured figure. `against` says which limit or peer was measured in the same run; `ratio` is value to that peer. */
export interface Figure {
  name: string
  value: number
  unit: string
  /** What it is compared with, its own value included: "bare Worker 5,210 requests/s". */
  against?: string
  ratio?: number
  /** What `ratio` (or `value`, where there is no ratio) has to reach: "≥ 0.5". */
  goal?: string
  pass?: boolean
}

export type Report = (figure: Figure) => void
