import { z } from 'zod'

/** How a stream is read and what its table becomes. */
export const syncModeSchema = z.enum(['full_refresh_overwrite', 'full_refresh_append', 'incremental_append', 'incremental_deduped'])

/** How one stream of an ETL source is read and kept: under `streams` of `sources/*.yaml`. */
export const streamSettingsSchema = z.strictObject({
  mode: syncModeSchema
    .optional()
    .describe('Without it: incremental_deduped where the stream has a cursor and a key, else full_refresh_overwrite.'),
  deletes: z
    .enum(['hard', 'soft'])
    .optional()
    .describe(
      'What becomes of a row that the source deleted, in the mode incremental_deduped. hard, which is the default: it is gone. soft: it is still shown, with the time in _millrace_deleted_at. In append modes a delete is a row of its own, with that time.',
    ),
})

export type StreamSettings = z.infer<typeof streamSettingsSchema>
