import type { MethodOutput } from '#core/host/contract.ts'
import type { Tone } from '../../components/badge.tsx'

export type Destination = MethodOutput<'destination.list'>['destinations'][number]
export type Delivery = NonNullable<Destination['delivery']>
export type DeadLetter = MethodOutput<'destination.dead'>['letters'][number]

/** How the streaming to a destination fares, in a word. */
export function stateOf({ streams, delivery }: Destination): { word: string; tone: Tone; meaning: string } | undefined {
  switch (delivery?.state) {
    case 'active':
      return { word: 'Streaming', tone: 'ok', meaning: 'Events are delivered as they come in.' }
    case 'waiting':
      return { word: 'Waiting', tone: 'warning', meaning: 'A delivery failed; it is tried again.' }
    case 'paused':
      return { word: 'Paused', tone: 'error', meaning: 'The settings are at fault. Mend them and publish; nothing is lost meanwhile.' }
    case 'disabled':
      return { word: 'Disabled', tone: 'neutral', meaning: 'It gets nothing, and nothing is kept for it.' }
    case 'removed':
      return { word: 'Removed', tone: 'neutral', meaning: 'It is published no more; only its dead letters are left.' }
    case undefined:
      return streams ? { word: 'Not published', tone: 'neutral', meaning: 'The collector does not know of it yet: publish.' } : undefined
  }
}
