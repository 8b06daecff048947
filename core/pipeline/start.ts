import { MillraceError, toMillraceError } from '../lib/error.ts'
import type { RunContext } from './context.ts'
import { type Attempt, attemptProgress } from './attempt.ts'
import { lastWriter, prepareLog } from './log.ts'
import { readMode } from './mode.ts'
import { atStart, patiently } from './patience.ts'
import { latestState, removeAfter, settleSwap, undoOpenLoads } from './recover.ts'
import type { StreamResult } from './result.ts'
import type { StreamState } from './state.ts'
import { isOver, type StreamRun } from './stream-run.ts'
import { plain } from './target.ts'

/** Settles what a killed run left, and finds where each stream starts. A stream that cannot be prepared fails alone. */
export async function start(runs: readonly StreamRun[], context: RunContext): Promise<void> {
  const { runtime, warehouse } = context
  const { signal, clock } = runtime
  await patiently(atStart, runtime, () => prepareLog(warehouse, signal))
  await Promise.all(
    runs.map(async (run) => {
      if (isOver(run)) return
      try {
        await patiently(atStart, runtime, () => startStream(run, context))
      } catch (thrown) {
        signal.throwIfAborted()
        const error = toMillraceError(thrown)
        if (error.retryable) throw error
        Object.assign(run.result, { status: 'failed', error: error.toJSON(), endedAt: clock.now() } satisfies Partial<StreamResult>)
      }
    }),
  )
}

async function startStream(run: StreamRun, context: RunContext): Promise<void> {
  const { warehouse, store, sourceName, runtime, runId } = context
  const { signal, clock, log } = runtime
  const { target, stream } = run
  await target.makeDatabase(signal)
  const kept = await target.keptTable(signal)
  if (kept !== undefined) await refuseNeighbours(run, context)
  if (kept?.attempt !== undefined) await settleSwap(run, kept.attempt, context)
  await undoOpenLoads(warehouse, sourceName, stream.name, clock.now(), log, signal)
  const state = await latestState(store, warehouse, sourceName, stream.name, signal)
  if (run.range === undefined && (await takeUp(run, state, context))) return
  // Without its table the state covers nothing; its version goes on, so that the new states win over it.
  run.state = state === undefined || (kept !== undefined && !run.isRefresh) ? state : { ...state, value: null }
  if (run.isRefresh) target.stage({ id: runId, mode: run.mode, stateVersion: state?.version ?? 0 }, false)
  else await target.clearWay(clock.now(), signal)
}

/** Two sources would write over each other's rows, and clear what the other has staged. */
async function refuseNeighbours({ target }: StreamRun, { warehouse, neighbours, runtime }: RunContext): Promise<void> {
  if (neighbours.length === 0) return
  const writer = await lastWriter(warehouse, target.names, runtime.signal)
  if (writer === undefined || !neighbours.includes(writer)) return
  throw new MillraceError({
    code: 'table-taken',
    fault: 'config',
    message: `The table ${plain(target.shown)} is the one that the source ${writer} writes.`,
    mend: `Give one of the two a \`database\` of its own; or, if ${writer} is to leave the table to this one, take the stream out of it and drop the table.`,
  })
}

/** Goes on with a reading from the beginning that an earlier run left; what cannot be gone on with is dropped. */
async function takeUp(run: StreamRun, state: StreamState | undefined, context: RunContext): Promise<boolean> {
  const { warehouse, sourceName, runtime } = context
  const { signal, log } = runtime
  const { target, stream, mode } = run
  const staging = await target.keptTable(signal, target.staging)
  if (staging === undefined) return false
  const { attempt } = staging
  const progress = attempt && (await attemptProgress(warehouse, sourceName, stream.name, attempt.id, signal))
  if (attempt === undefined || progress?.state === undefined || progress.isOver || !goesOn(run, attempt, state)) {
    await target.discard(signal)
    return false
  }
  await removeAfter(warehouse, target.staging, progress.lastId, signal)
  target.stage(attempt, true)
  run.state = { version: attempt.stateVersion, value: progress.state, at: state?.at ?? 0 }
  run.idsBefore = progress.lastId
  log('info', `${stream.name}: reading from the beginning goes on after ${progress.lastId} records`, { run: attempt.id, mode })
  return true
}

function goesOn({ stream, mode }: StreamRun, attempt: Attempt, state: StreamState | undefined): boolean {
  const canResume = readMode(mode) === 'incremental' || stream.resumable === true
  return canResume && attempt.mode === mode && attempt.stateVersion === (state?.version ?? 0)
}
