import type { Stream } from '#core/connector/source.ts'
import { MillraceError } from '#core/lib/error.ts'
import { didYouMean } from '#core/lib/suggest.ts'

/** The streams of these names, or all of them. Throws `unknown-stream` (config). */
export function chosenStreams(streams: readonly Stream[], names: readonly string[] | undefined): readonly Stream[] {
  return names === undefined ? streams : [...new Set(names)].map((name) => chosenStream(streams, name))
}

export function chosenStream(streams: readonly Stream[], name: string): Stream {
  const stream = streams.find((candidate) => candidate.name === name)
  if (stream !== undefined) return stream
  const known = streams.map((candidate) => candidate.name)
  throw new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `There is no stream "${name}".`,
    mend: didYouMean(name, known, 'streams'),
  })
}
