import type { Tone } from '../../components/badge.tsx'

/** The colour of each call type. */
export const typeTones: Record<string, Tone> = {
  track: 'accent',
  page: 'info',
  screen: 'info',
  identify: 'ok',
  group: 'warning',
  alias: 'neutral',
}
