import type { SourceMessage } from '#core/connector/source.ts'
import type { MillraceError } from '#core/lib/error.ts'
import { fail, ok } from '#core/lib/result.ts'
import type { Table } from './catalog.ts'
import type { PendingChanges } from './changes.ts'
import type { FollowState } from './state.ts'

/** A stream whose changes are followed. */
export interface Follower {
  table: Table
  state: FollowState
  pending: PendingChanges
  isOver: boolean
}

/** Moves a stream on, and tells it. */
export function stateOf(follower: Follower, state: FollowState): SourceMessage {
  const { position, ...rest } = state
  follower.state = position === undefined ? rest : { ...rest, position }
  return { type: 'state', stream: follower.table.stream, state: follower.state }
}

export function endWith(follower: Follower, error?: MillraceError): SourceMessage {
  follower.isOver = true
  return { type: 'done', stream: follower.table.stream, result: error === undefined ? ok(undefined) : fail(error) }
}
