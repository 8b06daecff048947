import { z } from 'zod'
import type { Json } from '#core/lib/json.ts'
import type { Table } from './catalog.ts'
import { positionSchema } from './whole.ts'

/** Where a followed stream is. */
export const followStateSchema = z.object({
  /** Commits at or beyond this position of the log are not read yet. */
  lsn: z.string().regex(/^[0-9A-F]+\/[0-9A-F]+$/i),
  /** How far the table was read whole, null at its start; absent once that is done. */
  position: positionSchema.nullable().optional(),
  /** The table by its oid: another one of the same name is not the same. */
  table: z.number(),
  /** How it is in the publication: what changes while it is not in there is not told. */
  membership: z.number(),
  /** Its file, and the columns that were added with a default: when these change, rows changed that the log does not tell. */
  file: z.number().nullable(),
  filled: z.array(z.string()),
})

export type FollowState = z.infer<typeof followStateSchema>

/** What of a table a state remembers. */
export function traitsOf(table: Table, membership: number): Omit<FollowState, 'lsn' | 'position'> {
  return { table: table.oid, membership, file: table.file, filled: table.columns.filter(({ filled }) => filled).map(({ name }) => name) }
}

/** A state as it was yielded; undefined for one of another way of reading, which then begins anew. */
export function readState<State>(schema: z.ZodType<State>, state: Json | undefined): State | undefined {
  const parsed = schema.safeParse(state)
  return parsed.success ? parsed.data : undefined
}
