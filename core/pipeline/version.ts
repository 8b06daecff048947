import type { Json, JsonObject } from '../lib/json.ts'
import { valueAt } from './columns.ts'
import type { StreamRun } from './stream-run.ts'
import { parseTime } from './time.ts'

/**
 * Orders the versions of a row: the highest is shown, and of equal ones the one inserted last. It is the cursor, in
 * microseconds or as its number, else the time of loading. A deleted row has no cursor, so the rows of a stream that
 * tells of deletes are numbered as they arrive, after all that the table holds. As text: it may pass 2^53.
 */
export function versionOf(run: StreamRun, record: JsonObject, id: number, now: number): string {
  if (run.arrivalsAfter !== undefined) return String(run.arrivalsAfter + BigInt(id))
  const { cursorField } = run.stream
  const cursor = cursorField === undefined ? undefined : valueAt(record, cursorField)
  return String(cursorNumber(cursor) ?? BigInt(now) * 1000n)
}

function cursorNumber(cursor: Json | undefined): bigint | undefined {
  if (typeof cursor === 'number' && cursor >= 0 && Number.isFinite(cursor)) return BigInt(Math.trunc(cursor))
  if (typeof cursor !== 'string') return undefined
  if (/^\d{1,19}$/.test(cursor)) return BigInt(cursor)
  const micros = parseTime(cursor) ?? parseTime(`${cursor}T00:00:00`)
  return micros !== undefined && micros >= 0n ? micros : undefined
}
