import { z } from 'zod'
import type { SourceMessage } from '#core/connector/source.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { Json } from '#core/lib/json.ts'
import { fail } from '#core/lib/result.ts'
import { type LogPlace, logPlaceSchema } from './log-place.ts'

const followState = z.strictObject({
  ...logPlaceSchema.shape,
  /** The snapshot is not whole: its next page begins behind this row. */
  snapshot: z.strictObject({ after: z.array(z.json()).optional() }).optional(),
})

/** A stream that is followed, and how far it is. */
export interface Followed {
  name: string
  place: LogPlace
  snapshot: { after?: Json[] | undefined } | undefined
  isOver: boolean
}

export function active(streams: readonly Followed[]): Followed[] {
  return streams.filter(({ isOver }) => !isOver)
}

/** Ends the stream with a failure of its own; the others go on. */
export function ended(stream: Followed, thrown: unknown): SourceMessage {
  stream.isOver = true
  return { type: 'done', stream: stream.name, result: fail(toMillraceError(thrown)) }
}

/** How far a state is. */
export function startOf(name: string, state: Json): Pick<Followed, 'place' | 'snapshot'> {
  const parsed = followState.safeParse(state)
  if (!parsed.success) {
    throw new MillraceError({
      code: 'invalid-state',
      fault: 'config',
      message: `The state of ${name} is none of a read by the binary log: ${z.prettifyError(parsed.error)}`,
      mend: 'Reset the state of the stream: it is read from its beginning then.',
    })
  }
  const { snapshot, ...place } = parsed.data
  return { place, snapshot }
}

export function stateOf({ name, place, snapshot }: Followed): SourceMessage {
  return { type: 'state', stream: name, state: { ...place, ...(snapshot === undefined ? {} : { snapshot: { ...snapshot } }) } as Json }
}
