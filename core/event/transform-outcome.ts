import type { TrialResult } from './transform-trial.ts'

/** What became of an event: it left as it came, was changed, became several, was dropped, or would be rejected. */
export const outcomes = ['unchanged', 'changed', 'split', 'dropped', 'rejected'] as const
export type Outcome = (typeof outcomes)[number]

/** A place in an event where two differ; a value that is not there is undefined. */
export interface Change {
  path: string
  before: unknown
  after: unknown
}

type Tried = Pick<TrialResult['results'][number], 'before' | 'after' | 'rejected'>

export function outcomeOf({ before, after, rejected }: Tried): Outcome {
  if (rejected !== undefined) return 'rejected'
  if (after.length === 0) return 'dropped'
  if (after.length > 1) return 'split'
  return changesBetween(before, after[0]).length === 0 ? 'unchanged' : 'changed'
}

export function countOutcomes(results: readonly Tried[]): Record<Outcome, number> {
  const counts = { unchanged: 0, changed: 0, split: 0, dropped: 0, rejected: 0 }
  for (const result of results) counts[outcomeOf(result)] += 1
  return counts
}

/** Where two values differ, field by field; a list is one value. */
export function changesBetween(before: unknown, after: unknown, path = ''): Change[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => changesBetween(before[key], after[key], path === '' ? key : `${path}.${key}`))
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
