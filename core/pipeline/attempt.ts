import { z } from 'zod'
import type { Json } from '../lib/json.ts'
import { queryRows, type Warehouse } from '../warehouse/port.ts'
import { syncModeSchema } from '../stack/stream-settings.ts'
import type { SyncMode } from './mode.ts'
import { loads } from './tables.ts'

/*
 * A stream that is read from its beginning goes into a staging table, over as many runs as it takes:
 *
 *   begin ─▶ staged … staged ─▶ swapping ─▶ (the swap) ─▶ succeeded
 *              ▲        │ a run broke off
 *              └────────┘ the next one takes it up
 *
 * The table's comment says which attempt its rows are of, and goes with them when tables are exchanged: so it is known
 * of a run that was killed whether its swap took place. The states stand in `millrace.loads` alone.
 */

const attemptSchema = z.object({ attempt: z.string(), mode: syncModeSchema, state_version: z.number() })

/** Which reading from the beginning a table's rows are of. */
export interface Attempt {
  /** The run that began it. */
  id: string
  mode: SyncMode
  /** Version of the stream's state when it began: once that has moved, by a reset or otherwise, it is not taken up. */
  stateVersion: number
}

export function attemptComment({ id, mode, stateVersion }: Attempt): string {
  return JSON.stringify({ attempt: id, mode, state_version: stateVersion })
}

export function attemptOf(comment: string): Attempt | undefined {
  if (!comment.startsWith('{')) return undefined
  try {
    const { attempt, mode, state_version: stateVersion } = attemptSchema.parse(JSON.parse(comment))
    return { id: attempt, mode, stateVersion }
  } catch {
    return undefined
  }
}

/** How far an attempt has come, by its lines in the load log. */
export interface AttemptProgress {
  /** The last run that worked at it. */
  run: string
  /** Rows up to here are covered by `state`. */
  lastId: number
  state: Json | undefined
  /** What the stream's state becomes with the swap, once that was about to be made. */
  swapping: { state: Json | undefined } | undefined
  isOver: boolean
}

export async function attemptProgress(
  warehouse: Warehouse,
  source: string,
  stream: string,
  attempt: string,
  signal: AbortSignal,
): Promise<AttemptProgress> {
  const [row] = await queryRows<{ last_run: string; covered: string; staged: string; swaps: string; swapping: string; ends: string }>(
    warehouse,
    `SELECT argMax(run, at) AS last_run, maxIf(last_id, status = 'staged') AS covered,
       argMaxIf(state, (last_id, at), status = 'staged') AS staged,
       countIf(status = 'swapping') AS swaps, argMaxIf(state, at, status = 'swapping') AS swapping, countIf(status = 'succeeded') AS ends
     FROM ${loads.name.database}.${loads.name.table}
     WHERE source = {source:String} AND stream = {stream:String} AND attempt = {attempt:String}`,
    { signal, params: { source, stream, attempt } },
  )
  const { last_run: run, covered, staged, swaps, swapping, ends } = row!
  return {
    run,
    lastId: Number(covered),
    state: fromText(staged),
    swapping: swaps === '0' ? undefined : { state: fromText(swapping) },
    isOver: ends !== '0',
  }
}

function fromText(state: string): Json | undefined {
  return state === '' ? undefined : (JSON.parse(state) as Json)
}
