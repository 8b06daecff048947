import { z } from 'zod'

/** How a stream is read and what its table becomes. */
export const syncModeSchema = z.enum(['full_refresh_overwrite', 'full_refresh_append', 'incremental_append', 'incremental_deduped'])

/** What becomes of the shape of records: of one stream, or of all streams of a source that do not say otherwise. */
export const shapeSettings = {
  schema: z
    .enum(['evolve', 'freeze', 'discard_value', 'discard_row', 'stop'])
    .optional()
    .describe(
      [
        'What becomes of a field that the table has no column for, and of a value that does not fit its column, once there is a table.',
        'evolve, which is the default: columns are added and widened; what cannot fit a type that the source declares stands in _millrace_errors.',
        'freeze: columns stay as they are, and such values stand in _millrace_errors of their row.',
        'discard_value: columns stay, and such values are left out.',
        'discard_row: columns stay, and rows with such values are left out.',
        'stop: the stream fails at the first such row. Key columns are widened in any case. What is left out is counted, and named in millrace.loads.',
      ].join(' '),
    ),
  nested: z
    .enum(['json', 'flatten'])
    .optional()
    .describe(
      'json, which is the default: an object is a column of the type JSON. flatten: each of its fields is a column of its own, address_city of { address: { city } }. A column that there is stays as it is; refresh the stream to change it.',
    ),
}

/** How one stream of an ETL source is read and kept: under `streams` of `sources/*.yaml`. */
export const streamSettingsSchema = z.strictObject({
  mode: syncModeSchema
    .optional()
    .describe(
      'Without it: incremental_deduped where the stream has a key, and a cursor or a log of its changes, else full_refresh_overwrite.',
    ),
  deletes: z
    .enum(['hard', 'soft'])
    .optional()
    .describe(
      'What becomes of a row that the source deleted, in the mode incremental_deduped. hard, which is the default: it is gone. soft: it is still shown, with the time in _millrace_deleted_at. In append modes a delete is a row of its own, with that time.',
    ),
  ...shapeSettings,
})

export type ShapeSettings = Pick<StreamSettings, keyof typeof shapeSettings>
export type StreamSettings = z.infer<typeof streamSettingsSchema>
