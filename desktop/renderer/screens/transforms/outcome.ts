import type { Outcome } from '#core/event/transform-outcome.ts'
import type { MethodOutput } from '#core/host/contract.ts'
import type { Tone } from '../../components/badge.tsx'

export type Trial = MethodOutput<'transform.test'>

export const outcomeWords: Record<Outcome, string> = {
  unchanged: 'Kept as it is',
  changed: 'Changed',
  split: 'Split',
  dropped: 'Dropped',
  rejected: 'Failed',
}

export const outcomeTones: Record<Outcome, Tone> = {
  unchanged: 'neutral',
  changed: 'info',
  split: 'accent',
  dropped: 'warning',
  rejected: 'error',
}
