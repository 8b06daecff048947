/** How far a stage has come: what it counted so far, each call with all of its counts. */
export type Progress = (counts: Record<string, number>) => void
