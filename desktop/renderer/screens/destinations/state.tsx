import { Badge, Dot } from '../../components/badge.tsx'
import { type Destination, stateOf } from './destination.ts'

/** Whether events are streamed to it, and how that fares. */
export function State({ destination }: { destination: Destination }) {
  const state = stateOf(destination)
  if (state === undefined) return <span className="faint">not streamed</span>
  return (
    <Badge tone={state.tone} title={state.meaning}>
      <Dot tone={state.tone} />
      {state.word}
    </Badge>
  )
}
